// Wall times of layers that take turns.

/** What so many passes last at least, in milliseconds: long beside the wait for their end. */
const LEAST = 100;
const ROUNDS = 5;

/** The median time of a pass of each layer, in milliseconds. */
export async function wallTimes(layers) {
  const repeats = [];
  for (const layer of layers) repeats.push(await enough(layer));
  const times = layers.map(() => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [i, layer] of layers.entries()) times[i].push((await timed(layer, repeats[i])) / repeats[i]);
  }
  return times.map(median);
}

/** As many passes as last long enough. The first compiles. */
async function enough(layer) {
  await timed(layer, 1);
  let repeats = 1;
  while ((await timed(layer, repeats)) < LEAST) repeats *= 2;
  return repeats;
}

async function timed(layer, repeats) {
  const started = performance.now();
  for (let i = 0; i < repeats; i += 1) layer.submit();
  await layer.done();
  return performance.now() - started;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
