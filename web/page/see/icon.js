// A filter as a small picture.

import { FILTER } from './network.js';

const WEIGHTS = 3 * FILTER * FILTER;

export function icon(filters, channel) {
  const canvas = Object.assign(document.createElement('canvas'), { width: FILTER, height: FILTER, ariaHidden: 'true' });
  const filter = filters.subarray(channel * WEIGHTS, (channel + 1) * WEIGHTS);
  const largest = filter.reduce((largest, weight) => Math.max(largest, Math.abs(weight)), 0);
  const context = canvas.getContext('2d');
  const image = context.createImageData(FILTER, FILTER);
  filter.forEach((weight, i) => {
    image.data[4 * Math.floor(i / 3) + (i % 3)] = 127.5 + (127.5 * weight) / largest;
  });
  for (let alpha = 3; alpha < image.data.length; alpha += 4) image.data[alpha] = 255;
  context.putImageData(image, 0, 0);
  return canvas;
}
