// The channels of one pixel, before and after.

@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> channels: array<vec2f>;
@group(0) @binding(3) var<uniform> pixel: u32;

const CHANNELS = 96u;
const PIXELS = 55u * 55u;

@compute @workgroup_size(CHANNELS)
fn main(@builtin(local_invocation_index) channel: u32) {
    let at = channel * PIXELS + pixel;
    channels[channel] = vec2f(x[at], y[at]);
}
