// copy: moves as many bytes as a layer has to, and computes nothing: what LRN is compared with in
// benchmarks. Four values an invocation.

const INVOCATIONS = 256u;

@group(0) @binding(0) var<storage, read_write> first: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> second: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4<f32>>;

fn index(workgroup: vec3<u32>, groups: vec3<u32>, lane: u32) -> u32 {
    return (workgroup.y * groups.x + workgroup.x) * INVOCATIONS + lane;
}

// As forward: one tensor read, one written.
@compute @workgroup_size(INVOCATIONS)
fn copy_one(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = index(workgroup, groups, lane);
    if i >= arrayLength(&output) { return; }
    output[i] = first[i];
}

// As backward: two tensors read, one written.
@compute @workgroup_size(INVOCATIONS)
fn copy_two(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = index(workgroup, groups, lane);
    if i >= arrayLength(&output) { return; }
    output[i] = first[i] + second[i];
}
