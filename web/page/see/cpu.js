// Does what gpu.js does, on the CPU, for browsers without WebGPU.

import { activations, Cpu } from '../page.js';
import { CHANNELS, MAP, PICTURE, PIXELS } from './network.js';
import { RAMPS } from './colours.js';

const SHAPE = [1, CHANNELS, MAP, MAP];

export class CpuEngine {
  name = 'the CPU';
  /** Never. */
  lost = new Promise(() => {});

  surface(canvas) {
    return canvas.getContext('2d');
  }

  async setLayer(lrn) {
    const layer = Cpu.layer(lrn, SHAPE);
    this.layer?.free();
    this.layer = layer;
  }

  activate(canvas) {
    const { data } = canvas.getContext('2d').getImageData(0, 0, PICTURE, PICTURE);
    const x = activations(data.filter((_, i) => i % 4 < 3));
    this.tensors = [x];
  }

  async normalize(gradient) {
    const [x] = this.tensors;
    const y = this.layer.forward(x);
    const dx = gradient ? this.layer.backward(x, y) : new Float32Array(x.length);
    this.tensors = [x, y, dx];
    this.statistics = statistics(this.tensors);
  }

  draw(maps) {
    maps.forEach((map) => this.#drawMap(map));
  }

  #drawMap({ surface, channel, tensor, scale }) {
    const image = surface.createImageData(MAP, MAP);
    const brightest = Math.max(this.statistics[4 * channel + scale], 1e-30);
    this.#map(tensor, channel).forEach((value, i) => {
      image.data.set([...RAMPS[tensor](value / brightest), 255], 4 * i);
    });
    surface.putImageData(image, 0, 0);
  }

  #map(tensor, channel) {
    return this.tensors[tensor].subarray(channel * PIXELS, (channel + 1) * PIXELS);
  }

  async read(pixel) {
    const channels = new Float32Array(2 * CHANNELS);
    channels.forEach((_, i) => {
      channels[i] = this.tensors[i % 2][(i >> 1) * PIXELS + pixel];
    });
    return { channels, statistics: this.statistics };
  }

  async done() {}
}

/** The largest magnitude in each map of each tensor, and the energy of x. */
function statistics(tensors) {
  const found = new Float32Array(4 * CHANNELS);
  tensors.forEach((values, tensor) => values.forEach((value, i) => {
    const at = 4 * Math.floor(i / PIXELS);
    found[at + tensor] = Math.max(found[at + tensor], Math.abs(value));
    if (tensor === 0) found[at + 3] += value * value;
  }));
  return found;
}
