// copy: what the benchmarks compare with. It moves the bytes of square sums and forward (copy_one) or of
// backward (copy_two), and computes nothing to speak of; `empty` does nothing at all. Whole words are
// moved, whatever numbers they hold.
//
// A prelude written by copy.rs stands in front: INVOCATIONS and the type Stored.

struct Size {
    values: u32,
    grid_width: u32,
}

@group(0) @binding(0) var<uniform> size: Size;
@group(0) @binding(1) var<storage, read_write> x: array<Stored>;
@group(0) @binding(2) var<storage, read_write> dy: array<Stored>;
@group(0) @binding(3) var<storage, read_write> output: array<Stored>;

fn number(workgroup: vec3<u32>, index: u32) -> u32 {
    return (workgroup.y * size.grid_width + workgroup.x) * INVOCATIONS + index;
}

@compute @workgroup_size(INVOCATIONS)
fn copy_one(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let i = number(workgroup, index);
    if i < size.values { output[i] = x[i]; }
}

@compute @workgroup_size(INVOCATIONS)
fn copy_two(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let i = number(workgroup, index);
    if i < size.values { output[i] = x[i] + dy[i]; }
}

@compute @workgroup_size(INVOCATIONS)
fn empty() {}
