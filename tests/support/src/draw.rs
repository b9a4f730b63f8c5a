//! Layers, tensors and limits drawn from bytes: those of a fuzzer, or random ones in the ordinary tests.

use crate::Random;
use crate::hostile::{HOSTILE, INPUTS, Input};
pub use arbitrary::{Result, Unstructured};
use wgpu_lrn::{Dtype, Lrn, Operation, Precision, Shape, wgpu};

/// A layer on a tensor, an operation, and the limits of a device.
#[derive(Debug)]
pub struct Drawn {
    pub lrn: Lrn,
    pub shape: Shape,
    pub operation: Operation,
    pub limits: wgpu::Limits,
    /// Which of the available choices, counted round.
    pub choice: usize,
    /// What the tensors hold.
    pub input: Input,
    /// Whether the result takes the place of an input, where the choice can do so.
    pub in_place: bool,
}

/// Draws bytes that are the same on every machine.
pub fn bytes(random: &mut Random, length: usize) -> Vec<u8> {
    (0..length.div_ceil(8)).flat_map(|_| random.bits().to_le_bytes()).collect()
}

impl Drawn {
    /// Draws a tensor of at most some thousand elements.
    pub fn new(u: &mut Unstructured<'_>) -> Result<Drawn> {
        let axes = *u.choose(&[1, 1, 1, 2, 2, 3])?;
        let rank = u.int_in_range(axes..=4)?;
        let dims = dims(u, rank)?;
        // Windows of one length along neighbouring axes are what *plane* takes.
        let first = window(u)?;
        let windows = (0..axes).map(|i| match u.ratio(2, 3)? {
            true if i % 2 == 1 => Ok((first.1, first.0)),
            true => Ok(first),
            false => window(u),
        });
        let windows = windows.collect::<Result<Vec<_>>>()?;
        let begin = u.int_in_range(0..=rank - axes)?;
        let axes: Vec<_> = (begin..begin + axes).map(|axis| axis as isize).collect();
        let shape = Shape::over(&dims, &axes).expect("small").with_dtype(*u.choose(Dtype::ALL)?);
        Ok(Drawn {
            lrn: layer(u, &windows)?,
            shape,
            operation: *u.choose(Operation::ALL)?,
            limits: limits(u)?,
            choice: u.int_in_range(0..=7)?,
            input: if u.ratio(1, 2)? { Input::Ordinary } else { *u.choose(INPUTS)? },
            in_place: u.ratio(1, 4)?,
        })
    }
}

/// Draws dimensions: often channels follow each other, or fill packets of four; rarely a dimension is 0.
fn dims(u: &mut Unstructured<'_>, rank: usize) -> Result<Vec<usize>> {
    let mut left = 4000;
    let dims = (0..rank).map(|_| {
        let most = left.min(*u.choose(&[1, 4, 9, 40, 40, 300])?);
        let least = if u.ratio(1, 50)? { 0 } else { 1 };
        let dim = u.int_in_range(least..=most)?;
        left /= dim.max(1);
        Ok(dim)
    });
    dims.collect()
}

fn window(u: &mut Unstructured<'_>) -> Result<(u32, u32)> {
    let most = *u.choose(&[2, 7, 13, 60, 400])?;
    Ok((u.int_in_range(0..=most)?, u.int_in_range(0..=most)?))
}

/// Draws ordinary numbers, those of a hostile layer, or any that f32 holds.
fn numbers(u: &mut Unstructured<'_>) -> Result<(f64, f64, f64)> {
    let beta = *u.choose(&[0.0, 0.5, 0.75, 0.75, 1.0, 0.6, 1.7, -0.4, -1.6])?;
    Ok(match u.int_in_range(0..=3)? {
        0 => {
            let hostile = u.choose(HOSTILE)?;
            (hostile.a, hostile.beta, hostile.k)
        }
        1 => (power_of_ten(u)?, beta, power_of_ten(u)?),
        _ => (*u.choose(&[0.0, 1e-4, 0.07, 0.3, 2.0])?, beta, *u.choose(&[1e-3, 0.7, 1.0, 2.5])?),
    })
}

/// Draws a number from 1e-37 to 1e38.
fn power_of_ten(u: &mut Unstructured<'_>) -> Result<f64> {
    Ok(10f64.powi(u.int_in_range(-37..=38)?))
}

fn layer(u: &mut Unstructured<'_>, windows: &[(u32, u32)]) -> Result<Lrn> {
    let (a, beta, k) = numbers(u)?;
    let lrn = Lrn::over(windows, a, beta, k).expect("in range");
    let lrn = lrn.with_precision(*u.choose(Precision::ALL)?);
    let lrn = if u.ratio(1, 4)? { lrn.with_relu() } else { lrn };
    let (scale, blend) = *u.choose(&[(1.0, 0.0), (1.0, 0.0), (-0.7, 0.0), (1.3, 0.5)])?;
    Ok(lrn.with_blend(scale, blend).expect("in range"))
}

fn limits(u: &mut Unstructured<'_>) -> Result<wgpu::Limits> {
    Ok(wgpu::Limits {
        max_storage_buffer_binding_size: 4 * u.int_in_range(16..=8000)?,
        min_storage_buffer_offset_alignment: 1 << u.int_in_range(2..=8)?,
        max_compute_workgroups_per_dimension: u.int_in_range(1..=7)?,
        max_compute_workgroup_storage_size: u.int_in_range(512..=20_000)?,
        max_compute_invocations_per_workgroup: u.int_in_range(1..=300)?,
        max_storage_buffers_per_shader_stage: *u.choose(&[4, 5, 8])?,
        ..Default::default()
    })
}
