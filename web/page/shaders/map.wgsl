// Draws a feature map: a pixel of the canvas for each of its pixels.

struct Map {
    channel: u32,
    // 0 for x, 1 for y, 2 for dx.
    tensor: u32,
    // The tensor whose largest magnitude is the brightest colour.
    scale: u32,
}

@group(0) @binding(0) var<storage> x: array<f32>;
@group(0) @binding(1) var<storage> y: array<f32>;
@group(0) @binding(2) var<storage> dx: array<f32>;
@group(0) @binding(3) var<storage> statistics: array<vec4f>;
@group(0) @binding(4) var<storage> maps: array<Map>;

const MAP = 55u;
const DX = 2u;

struct Corner {
    @builtin(position) position: vec4f,
    @location(0) @interpolate(flat) map: u32,
}

// A triangle that covers the canvas. The instance is the number of the map.
@vertex
fn corner(@builtin(vertex_index) vertex: u32, @builtin(instance_index) map: u32) -> Corner {
    let place = vec2f(f32(vertex & 1), f32(vertex >> 1));
    return Corner(vec4f(4 * place - 1, 0, 1), map);
}

@fragment
fn colour(corner: Corner) -> @location(0) vec4f {
    let map = maps[corner.map];
    let place = vec2u(corner.position.xy);
    let at = (map.channel * MAP + place.y) * MAP + place.x;
    let brightest = max(statistics[map.channel][map.scale], 1e-30);
    if map.tensor == DX {
        return vec4f(signed(dx[at] / brightest), 1);
    }
    return vec4f(heat(select(y[at], x[at], map.tensor == 0) / brightest), 1);
}

// From 0: black, purple, orange, pale yellow. The root shows the weak values too.
fn heat(value: f32) -> vec3f {
    let stops = array(
        vec3f(0, 0, 4), vec3f(87, 16, 110), vec3f(188, 55, 84), vec3f(249, 142, 9), vec3f(252, 255, 164));
    let place = 4 * sqrt(clamp(value, 0, 1));
    let first = min(u32(place), 3);
    return mix(stops[first], stops[first + 1], place - f32(first)) / 255;
}

// Blue below 0, red above.
fn signed(value: f32) -> vec3f {
    let end = select(vec3f(10, 70, 170), vec3f(185, 20, 30), value > 0);
    return mix(vec3f(248), end, sqrt(min(abs(value), 1))) / 255;
}
