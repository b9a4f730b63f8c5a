//! Following a recipe as its shaders do, without a device.

use std::ops::Range;
use wgpu_lrn::internals::{Content, Dispatch, Params, Pass, Recipe, Shader, TensorParams, binding};
use wgpu_lrn::{Kernel, Shape, wgpu};

/// Asserts that each pass writes every element of its result once, that what it needs for that is bound, and that
/// bindings, grids and workspaces are within the limits.
pub fn assert_complete(recipe: &Recipe, shape: &Shape, limits: &wgpu::Limits) {
    assert!(recipe.passes.iter().all(|pass| !pass.bindings.is_empty()));
    // A pass writes a whole tensor, but *row* may leave its last pixels to another.
    let together = if recipe.choice.kernel == Kernel::Row { 2 } else { 1 };
    for (number, passes) in recipe.passes.chunks(together).enumerate() {
        let last = (number + 1) * together >= recipe.passes.len();
        assert!(passes.iter().all(|pass| last != writes_sums(pass)));
        let mut written = vec![0; shape.elements() as usize];
        passes.iter().for_each(|pass| follow_pass(pass, shape, limits, &mut written));
        let missed = written.iter().filter(|&&times| times != 1).count();
        assert_eq!(missed, 0, "{missed} elements not written exactly once: {passes:#?}");
    }
    let of_pass = |pass: &Pass| pass.bindings.iter().filter_map(|&(_, content)| temporary(content)).max();
    let temporaries = recipe.passes.iter().filter_map(of_pass).max().map_or(0, |most| most + 1);
    assert_eq!(recipe.temporaries, temporaries);
    if temporaries > 0 {
        assert_eq!(recipe.temporary, shape.elements() * shape.dtype().bytes().max(4));
    }
    assert_handed_on(recipe);
    assert_next_pixels(recipe);
}

/// Asserts that the invocations of *row* find where the next pixel begins: those at both ends of each dispatch, and
/// those at the ends of joined pixels. It takes the same time however long the axis is.
pub fn assert_next_pixels(recipe: &Recipe) {
    let passes = recipe.passes.iter().filter(|pass| joined(&pass.shader) > 1);
    for Pass { shader, dispatches, .. } in passes {
        for Dispatch { params, .. } in dispatches {
            for packet in packets_to_follow(shader, params) {
                assert_next_pixel(shader, params, packet, "LOOK_BEHIND");
                if shader.entry() == "backward" {
                    assert_next_pixel(shader, params, packet, "LOOK_AHEAD");
                }
            }
        }
    }
}

/// Returns the pixels that *row* takes as one; 1 for other kernels.
fn joined(shader: &Shader) -> u64 {
    constant(shader, "JOINED").unwrap_or(1)
}

/// Returns the packets that a dispatch can read and whose windows may hold an end of a pixel, the first, and the last.
fn packets_to_follow(shader: &Shader, params: &Params) -> impl Iterator<Item = u64> + use<> {
    let held = constant(shader, "HELD").unwrap();
    let readable = u64::from(params.part.read_begin)..u64::from(params.part.read_end);
    let channels = u64::from(params.tensor.channels);
    let ends = (0..=joined(shader)).map(move |pixel| pixel * channels / 4);
    let at_end = move |packet: u64| packet.saturating_sub(held)..=packet + held;
    ends.flat_map(at_end).chain([readable.start, readable.end - 1]).filter(move |packet| readable.contains(packet))
}

/// Compares what the shader finds for a packet, whose windows reach so many channels before their own, with the end of
/// a pixel that follows its first channel. Beyond the channels that it holds, every place is as good as another.
fn assert_next_pixel(shader: &Shader, params: &Params, packet: u64, before: &str) {
    let [held, before] = ["HELD", before].map(|name| constant(shader, name).unwrap());
    let found = next_pixel(shader, params, 4u32.wrapping_mul(packet as u32), before as u32);
    let (channel, channels) = (4 * packet, u64::from(params.tensor.channels));
    let begun = (channel + channels).saturating_sub(before) / channels;
    let next = before + begun * channels - channel;
    assert_eq!(u64::from(found).min(held), next.min(held), "packet {packet} of {params:?}, {shader:?}");
}

/// Computes `next_pixel` of `shaders/kernel/row.wgsl`, in 32 bits that wrap as there.
fn next_pixel(shader: &Shader, params: &Params, channel: u32, before: u32) -> u32 {
    let (joined, channels) = (joined(shader) as u32, params.tensor.channels);
    let place = |pixels: u32| before.wrapping_add(pixels.wrapping_mul(channels));
    let begun = (0..joined).filter(|&pixel| channel >= place(pixel)).count();
    place(begun as u32).wrapping_sub(channel)
}

fn temporary(content: Content) -> Option<usize> {
    match content {
        Content::Temporary(number) => Some(number),
        _ => None,
    }
}

fn writes_sums(pass: &Pass) -> bool {
    pass.bindings.iter().any(|&(number, _)| number == binding::TOTALS)
}

/// Asserts that an earlier pass wrote each temporary that is read, and that none reads what it writes.
fn assert_handed_on(recipe: &Recipe) {
    let mut written = Vec::new();
    for pass in &recipe.passes {
        let temporaries = pass.bindings.iter().filter_map(|&(at, content)| Some((at, temporary(content)?)));
        let (totals, sums): (Vec<_>, Vec<_>) = temporaries.partition(|&(at, _)| at == binding::TOTALS);
        let read: Vec<_> = sums.into_iter().map(|(_, number)| number).collect();
        assert!(read.iter().all(|number| written.contains(number)));
        for (_, number) in totals {
            assert!(!read.contains(&number), "{number} is read and written");
            written.push(number);
        }
    }
}

fn constant(shader: &Shader, name: &str) -> Option<u64> {
    shader.constant(name).map(u64::from)
}

/// Returns the workgroups that a dispatch needs.
fn groups(shader: &Shader, params: &Params) -> u64 {
    let (pixels, segments) = (u64::from(params.part.pixels), u64::from(params.part.segments));
    let constant = |name| constant(shader, name).unwrap();
    match shader.choice.kernel {
        Kernel::Whole => pixels.div_ceil(constant("PIXELS")) * segments,
        Kernel::Pixel => pixels.div_ceil(constant("BANDS") * constant("BAND")) * segments,
        Kernel::Column | Kernel::Ring => pixels.div_ceil(constant("INVOCATIONS")) * segments,
        Kernel::Plane => {
            let tiles = pixels.div_ceil(constant("PIXELS") * constant("ABREAST")) * segments;
            tiles.div_ceil(constant("TILES")) * u64::from(params.tensor.strips)
        }
        Kernel::Slab => {
            pixels.div_ceil(constant("PIXELS") * constant("ABREAST")) * segments * u64::from(params.tensor.strips)
        }
        Kernel::Row => (pixels * segments).div_ceil(constant("WRITTEN")),
        new => panic!("this test must learn the workgroups of {}", new.name()),
    }
}

/// Returns the element of the whole tensor that a shader finds for a channel of a pixel of a dispatch, from what is
/// bound and what the uniform says. Elements are counted in what is loaded at once.
fn element(
    stored: u64,
    bound: &Range<u64>,
    shift: u32,
    params: &Params,
    (pixel, column, channel): (u64, u64, u64),
) -> u64 {
    let TensorParams { inner, beside, image, .. } = params.tensor;
    let [inner, beside, image] = [inner, beside, image].map(u64::from);
    let pixel = u64::from(params.part.first_pixel) + pixel;
    let offset = pixel / beside * image + pixel % beside + column * beside + channel * inner;
    let in_binding = shift.wrapping_add(offset as u32);
    let element = bound.start / stored + u64::from(in_binding);
    assert!(bound.start.is_multiple_of(stored) && element < bound.end / stored, "element {element} of {bound:?}");
    element
}

/// Returns the channels before and after a channel that a shader needs.
fn halo(shader: &Shader) -> (u64, u64) {
    let [p, q] = ["LOOK_BEHIND", "LOOK_AHEAD"].map(|name| constant(shader, name).unwrap());
    let (before, after) = if shader.entry() == "backward" { (p + q, p + q) } else { (p, q) };
    let packet = if shader.choice.kernel == Kernel::Row { 4 } else { 1 };
    (before.div_ceil(packet), after.div_ceil(packet))
}

/// Returns the columns that the workgroups of *plane* and *slab* write, strip by strip; the one column of other kernels.
fn columns(shader: &Shader, params: &Params) -> Vec<u64> {
    let Some(written) = constant(shader, "WRITTEN").filter(|_| params.tensor.columns > 1) else {
        return vec![0];
    };
    let of = |name| constant(shader, name).unwrap();
    let is_slab = shader.choice.kernel == Kernel::Slab;
    let [before, held] = if is_slab { ["COLUMNS_BEFORE", "COLUMNS"] } else { ["RUNS_BEFORE", "RUNS"] };
    assert!(of(before) + written <= of(held));
    let written = if is_slab { written } else { written * of("LOADS") };
    let strips = 0..u64::from(params.tensor.strips) / of("ABREAST");
    let columns = strips.flat_map(|strip| strip * written..(strip + 1) * written);
    columns.filter(|&column| column < u64::from(params.tensor.columns)).collect()
}

/// Follows a dispatch as the shaders do: which elements it writes; that what it reads is bound.
fn follow(pass: &Pass, dispatch: &Dispatch, written: &mut [u8]) {
    let params = &dispatch.params;
    let halo = halo(&pass.shader);
    let (begin, end) = (u64::from(params.part.write_begin), u64::from(params.part.write_end));
    let width = pass.shader.choice.width as usize;
    let stored = pass.shader.dtype.bytes() * width as u64;
    let summed = pass.shader.dtype.bytes().max(4) * width as u64;
    let binds = |some: [u32; 2]| pass.bindings.iter().any(|(number, _)| some.contains(number));
    let groups = groups(&pass.shader, params);
    let grid = dispatch.workgroups();
    assert!(grid >= groups && grid < groups + u64::from(dispatch.grid[1]), "{groups} in {:?}", dispatch.grid);
    assert_eq!(params.part.grid_width, dispatch.grid[0]);
    // *row* finds the packets around a part of some channels by their numbers, which then are those of one pixel.
    let is_whole = (begin, end) == (u64::from(params.part.read_begin), u64::from(params.part.read_end));
    assert!(pass.shader.choice.kernel != Kernel::Row || is_whole || params.part.pixels == 1);
    assert_eq!(u64::from(params.part.segments), (end - begin).div_ceil(u64::from(params.tensor.segment)));
    let first_needed = begin.saturating_sub(halo.0);
    let last_needed = (end - 1 + halo.1).min(u64::from(params.tensor.image / params.tensor.inner) - 1);
    assert!(u64::from(params.part.read_begin) <= first_needed && last_needed < u64::from(params.part.read_end));
    for pixel in 0..u64::from(params.part.pixels) {
        for column in columns(&pass.shader, params) {
            for channel in begin..end {
                let at = (pixel, column, channel);
                let (size, bytes, shift) = if writes_sums(pass) {
                    (summed, &dispatch.totals, params.part.totals_shift)
                } else {
                    (stored, &dispatch.output, params.part.output_shift)
                };
                let first = element(size, bytes, shift, params, at) as usize * width;
                written[first..first + width].iter_mut().for_each(|times| *times += 1);
            }
            for channel in [first_needed, last_needed] {
                let at = (pixel, column, channel);
                if binds([binding::X, binding::DY]) {
                    element(stored, &dispatch.input, params.part.input_shift, params, at);
                }
                if binds([binding::PARTIAL, binding::S]) {
                    element(summed, &dispatch.sums, params.part.sums_shift, params, at);
                }
            }
        }
    }
}

fn follow_pass(pass: &Pass, shape: &Shape, limits: &wgpu::Limits, written: &mut [u8]) {
    let alignment = u64::from(limits.min_storage_buffer_offset_alignment);
    let sums_along = pass.bindings.iter().any(|&(_, content)| temporary(content).is_some());
    for dispatch in &pass.dispatches {
        for bytes in [&dispatch.input, &dispatch.output] {
            assert!(bytes.end - bytes.start <= limits.max_storage_buffer_binding_size, "{bytes:?}");
            assert!(bytes.start.is_multiple_of(alignment) && bytes.end <= shape.operand_bytes(), "{bytes:?}");
        }
        for bytes in [&dispatch.sums, &dispatch.totals] {
            let summed = shape.elements() * shape.dtype().bytes().max(4);
            assert!(bytes.end <= summed.next_multiple_of(4), "{bytes:?}");
            assert!(!sums_along || bytes.end - bytes.start <= limits.max_storage_buffer_binding_size);
            assert!(bytes.start.is_multiple_of(alignment), "{bytes:?}");
        }
        let most = limits.max_compute_workgroups_per_dimension;
        assert!(dispatch.grid.iter().all(|&side| 0 < side && side <= most), "{:?}", dispatch.grid);
        follow(pass, dispatch, written);
    }
    assert!(pass.workspace <= limits.max_storage_buffer_binding_size);
}
