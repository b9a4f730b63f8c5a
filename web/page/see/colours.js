// The colours of values, of which 1 is the largest, as in shaders/map.wgsl. The root shows the weak values too.

const HEAT = [[0, 0, 4], [87, 16, 110], [188, 55, 84], [249, 142, 9], [252, 255, 164]];
const NEUTRAL = [248, 248, 248];
const BLUE = [10, 70, 170];
const RED = [185, 20, 30];

/** For x, y and dx. */
export const RAMPS = [heat, heat, signed];

/** From 0: black, purple, orange, pale yellow. */
function heat(value) {
  const place = 4 * Math.sqrt(Math.min(Math.max(value, 0), 1));
  const first = Math.min(Math.floor(place), 3);
  return mix(HEAT[first], HEAT[first + 1], place - first);
}

/** Blue below 0, red above. */
function signed(value) {
  return mix(NEUTRAL, value > 0 ? RED : BLUE, Math.sqrt(Math.min(Math.abs(value), 1)));
}

function mix(from, to, part) {
  return from.map((start, i) => start + (to[i] - start) * part);
}
