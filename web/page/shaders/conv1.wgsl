// AlexNet's first layer: 96 filters of 11×11×3, a stride of 4, no padding, then ReLU.

@group(0) @binding(0) var picture: texture_2d<f32>;
@group(0) @binding(1) var<storage, read_write> mean: vec4f;
// Weights of one place and colour lie side by side, since neighbouring invocations read them together.
@group(0) @binding(2) var<storage, read_write> filters: array<f32>;
@group(0) @binding(3) var<storage, read_write> x: array<f32>;

const CHANNELS = 96u;
const FILTER = 11u;
const STRIDE = 4u;
const MAP = 55u;
// A workgroup computes all channels of these neighbouring pixels, so that it reads the filters once for all.
const PIXELS = 5u;
const PATCH = FILTER + (PIXELS - 1) * STRIDE;

// What the filters see at those pixels: rows of PATCH colours.
var<workgroup> patch_colours: array<vec3f, FILTER * PATCH>;

@compute @workgroup_size(CHANNELS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) channel: u32) {
    let first = vec2u(group.x * PIXELS, group.y);
    for (var i = channel; i < FILTER * PATCH; i += CHANNELS) {
        let place = first * STRIDE + vec2u(i % PATCH, i / PATCH);
        patch_colours[i] = 255 * textureLoad(picture, place, 0).rgb - mean.xyz;
    }
    workgroupBarrier();
    var sums: array<f32, PIXELS>;
    for (var i = 0u; i < FILTER * FILTER; i++) {
        let weights = weights_of(channel, i);
        let place = i / FILTER * PATCH + i % FILTER;
        for (var pixel = 0u; pixel < PIXELS; pixel++) {
            sums[pixel] += dot(weights, patch_colours[place + pixel * STRIDE]);
        }
    }
    for (var pixel = 0u; pixel < PIXELS; pixel++) {
        x[(channel * MAP + first.y) * MAP + first.x + pixel] = max(sums[pixel], 0);
    }
}

fn weights_of(channel: u32, place: u32) -> vec3f {
    let red = place * 3 * CHANNELS + channel;
    return vec3f(filters[red], filters[red + CHANNELS], filters[red + 2 * CHANNELS]);
}
