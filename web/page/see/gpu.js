// Computes and draws on the GPU. Nothing is read back but the channels of one pixel, and statistics of the maps.

import { filters } from '../page.js';
import { CHANNELS, FILTER, MAP, PICTURE, PIXELS } from './network.js';
import { Stage, compile } from './stage.js';

const SHAPE = [1, CHANNELS, MAP, MAP];
const CHANNELS_BYTES = 8 * CHANNELS;
const STATISTICS_BYTES = 16 * CHANNELS;
const MAP_BYTES = 12;
const MOST_MAPS = 3 * CHANNELS;

export class GpuEngine {
  static async open(gpu) {
    const engine = new GpuEngine(gpu);
    await Promise.all([engine.#makeStages(), engine.#makeDrawing()]);
    return engine;
  }

  constructor(gpu) {
    this.gpu = gpu;
    this.device = gpu.device;
    this.format = navigator.gpu.getPreferredCanvasFormat();
    this.#makeBuffers();
  }

  get name() {
    const { name, isFallback } = this.gpu;
    return isFallback ? `${name} (software, slow)` : name;
  }

  get lost() {
    return this.device.lost;
  }

  #makeBuffers() {
    const { STORAGE, COPY_SRC, COPY_DST, UNIFORM, MAP_READ } = GPUBufferUsage;
    const buffer = (size, usage) => this.device.createBuffer({ size, usage });
    this.picture = this.device.createTexture({
      size: [PICTURE, PICTURE],
      format: 'rgba8unorm',
      usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST | GPUTextureUsage.RENDER_ATTACHMENT,
    });
    this.mean = buffer(16, STORAGE);
    this.filters = buffer(4 * CHANNELS * FILTER * FILTER * 3, STORAGE | COPY_DST);
    this.device.queue.writeBuffer(this.filters, 0, transposed(filters()));
    [this.x, this.y, this.dx] = [0, 1, 2].map(() => this.gpu.buffer(4 * CHANNELS * PIXELS));
    this.statistics = buffer(STATISTICS_BYTES, STORAGE | COPY_SRC);
    this.pixel = buffer(4, UNIFORM | COPY_DST);
    this.channels = buffer(CHANNELS_BYTES, STORAGE | COPY_SRC);
    this.readback = buffer(CHANNELS_BYTES + STATISTICS_BYTES, MAP_READ | COPY_DST);
    this.maps = buffer(MAP_BYTES * MOST_MAPS, STORAGE | COPY_DST);
  }

  async #makeStages() {
    const [x, y, dx] = [this.x.buffer, this.y.buffer, this.dx.buffer];
    const picture = this.picture.createView();
    const stage = (name, groups, resources) => Stage.make(this.device, name, groups, resources);
    [this.toMean, this.toX, this.toStatistics, this.toChannels] = await Promise.all([
      stage('mean', [1], [picture, this.mean]),
      stage('conv1', [MAP / 5, MAP], [picture, this.mean, this.filters, x]),
      stage('statistics', [CHANNELS], [x, y, dx, this.statistics]),
      stage('gather', [1], [x, y, this.channels, this.pixel]),
    ]);
  }

  async #makeDrawing() {
    const module = await compile(this.device, 'map');
    this.drawing = await this.device.createRenderPipelineAsync({
      layout: 'auto',
      vertex: { module },
      fragment: { module, targets: [{ format: this.format }] },
    });
    const buffers = [this.x.buffer, this.y.buffer, this.dx.buffer, this.statistics, this.maps];
    this.drawn = this.device.createBindGroup({
      layout: this.drawing.getBindGroupLayout(0),
      entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
  }

  /** What `draw` needs of a canvas. */
  surface(canvas) {
    const context = canvas.getContext('webgpu');
    context.configure({ device: this.device, format: this.format, alphaMode: 'opaque' });
    return context;
  }

  /** Takes another layer. Throws where it is invalid, and then keeps the last. */
  async setLayer(lrn) {
    const layer = this.gpu.layer(lrn, SHAPE);
    // Both must end before the layer can be freed.
    const prepared = await Promise.allSettled([layer.prepare('forward'), layer.prepare('backward')]);
    const refused = prepared.find(({ status }) => status === 'rejected');
    if (refused) {
      layer.free();
      throw refused.reason;
    }
    this.layer?.free();
    this.layer = layer;
  }

  /** The feature maps of the picture in a canvas. */
  activate(source) {
    this.device.queue.copyExternalImageToTexture({ source }, { texture: this.picture }, [PICTURE, PICTURE]);
    this.#submit((encoder) => encode(encoder, this.toMean, this.toX));
  }

  /** Runs the layer, and backward on dy = y where the gradient is wanted. */
  async normalize(gradient) {
    const { x, y, dx, layer } = this;
    const runs = [layer.forwardInto(x, y)];
    if (gradient) runs.push(layer.backwardInto(x, y, dx));
    await Promise.all(runs);
  }

  /** Draws maps: each is a surface, a channel, a tensor, and the tensor whose peak is the brightest colour. */
  draw(maps) {
    const numbers = maps.flatMap(({ channel, tensor, scale }) => [channel, tensor, scale]);
    this.device.queue.writeBuffer(this.maps, 0, new Uint32Array(numbers));
    this.#submit((encoder) => {
      encode(encoder, this.toStatistics);
      maps.forEach(({ surface }, map) => this.#drawMap(encoder, surface, map));
    });
  }

  #drawMap(encoder, surface, map) {
    const view = surface.getCurrentTexture().createView();
    const pass = encoder.beginRenderPass({ colorAttachments: [{ view, loadOp: 'clear', storeOp: 'store' }] });
    pass.setPipeline(this.drawing);
    pass.setBindGroup(0, this.drawn);
    pass.draw(3, 1, 0, map);
    pass.end();
  }

  /** The channels of a pixel, [before, after] each, and the statistics of all maps. One read at a time. */
  async read(pixel) {
    this.device.queue.writeBuffer(this.pixel, 0, new Uint32Array([pixel]));
    this.#submit((encoder) => {
      encode(encoder, this.toChannels);
      encoder.copyBufferToBuffer(this.channels, 0, this.readback, 0, CHANNELS_BYTES);
      encoder.copyBufferToBuffer(this.statistics, 0, this.readback, CHANNELS_BYTES, STATISTICS_BYTES);
    });
    await this.readback.mapAsync(GPUMapMode.READ);
    const values = new Float32Array(this.readback.getMappedRange().slice(0));
    this.readback.unmap();
    return { channels: values.subarray(0, 2 * CHANNELS), statistics: values.subarray(2 * CHANNELS) };
  }

  /** Resolves when all that was asked for is computed. */
  done() {
    return this.device.queue.onSubmittedWorkDone();
  }

  #submit(record) {
    const encoder = this.device.createCommandEncoder();
    record(encoder);
    this.device.queue.submit([encoder.finish()]);
  }
}

function encode(encoder, ...stages) {
  const pass = encoder.beginComputePass();
  stages.forEach((stage) => stage.record(pass));
  pass.end();
}

/** From a row for each channel to a row for each weight. */
function transposed(filters) {
  const weights = filters.length / CHANNELS;
  return filters.map((_, i) => filters[(i % CHANNELS) * weights + Math.floor(i / CHANNELS)]);
}
