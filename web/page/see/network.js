// The network: a picture, its filters, and their feature maps [CHANNELS, MAP, MAP].

export const PICTURE = 227;
export const FILTER = 11;
export const STRIDE = 4;
export const MAP = (PICTURE - FILTER) / STRIDE + 1;
export const PIXELS = MAP * MAP;
export const CHANNELS = 96;
/** Channels that respond to similar things. */
export const FAMILY = 16;

/** The feature maps: before the layer, after it, and the gradient. Statistics have this order, then the energy. */
export const TENSORS = ['before', 'after', 'gradient'];

/** AlexNet's norm1, in Caffe; the strong alpha lets weaker responses compete too. */
export const NORM1 = { convention: 'caffe', size: 5, alpha: 1e-4, beta: 0.75, k: 1 };
export const STRONG_ALPHA = 1e-3;

export function family(channel) {
  return Math.floor(channel / FAMILY);
}

/** The channel with the most energy, in each family. */
export function strongest(statistics) {
  const energy = (channel) => statistics[4 * channel + 3];
  const channels = [...Array(CHANNELS).keys()];
  const families = [...Array(CHANNELS / FAMILY).keys()];
  return families.map((first) => channels
    .slice(first * FAMILY, (first + 1) * FAMILY)
    .reduce((best, channel) => (energy(channel) > energy(best) ? channel : best)));
}
