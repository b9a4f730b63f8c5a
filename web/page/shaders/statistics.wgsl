// What is asked of each feature map: the largest magnitude in x, y and dx, and the energy of x.

@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(0) @binding(3) var<storage, read_write> statistics: array<vec4f>;

const PIXELS = 55u * 55u;
const INVOCATIONS = 64u;

var<workgroup> found: array<vec4f, INVOCATIONS>;

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) invocation: u32) {
    let channel = group.x;
    for (var i = invocation; i < PIXELS; i += INVOCATIONS) {
        let at = channel * PIXELS + i;
        found[invocation] = join(found[invocation], vec4f(abs(vec3f(x[at], y[at], dx[at])), x[at] * x[at]));
    }
    for (var half = INVOCATIONS / 2; half > 0; half /= 2) {
        workgroupBarrier();
        if invocation < half {
            found[invocation] = join(found[invocation], found[invocation + half]);
        }
    }
    if invocation == 0 {
        statistics[channel] = found[0];
    }
}

fn join(a: vec4f, b: vec4f) -> vec4f {
    return vec4f(max(a.xyz, b.xyz), a.w + b.w);
}
