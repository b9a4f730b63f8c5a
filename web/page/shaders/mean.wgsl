// The mean of each colour of the picture. Sums of bytes are whole numbers, so they are exact.

@group(0) @binding(0) var picture: texture_2d<f32>;
@group(0) @binding(1) var<storage, read_write> mean: vec4f;

const INVOCATIONS = 256u;

var<workgroup> sums: array<vec3u, INVOCATIONS>;

@compute @workgroup_size(INVOCATIONS)
fn main(@builtin(local_invocation_index) invocation: u32) {
    let size = textureDimensions(picture);
    for (var i = invocation; i < size.x * size.y; i += INVOCATIONS) {
        let colour = textureLoad(picture, vec2u(i % size.x, i / size.x), 0).rgb;
        sums[invocation] += vec3u(round(255 * colour));
    }
    for (var half = INVOCATIONS / 2; half > 0; half /= 2) {
        workgroupBarrier();
        if invocation < half {
            sums[invocation] += sums[invocation + half];
        }
    }
    if invocation == 0 {
        mean = vec4f(vec3f(sums[0]) / f32(size.x * size.y), 0);
    }
}
