// TensorFlow.js on WebGPU, loaded from this page's own origin when it is asked for.

import { element } from '../element.js';

const FILES = ['tf-core.min.js', 'tf-backend-webgpu.min.js'];

let loading;

/** What its device refused: TensorFlow.js would go on, and its times would be those of nothing. */
let refused;

/** TensorFlow.js, ready on WebGPU. */
export function tensorflow() {
  loading ??= load();
  return loading;
}

async function load() {
  for (const file of FILES) await script(new URL(`../tfjs/${file}`, import.meta.url));
  const { tf } = window;
  if (!(await tf.setBackend('webgpu'))) throw new Error('TensorFlow.js found no WebGPU.');
  await tf.ready();
  tf.backend().device.onuncapturederror = ({ error }) => {
    refused = error;
  };
  return tf;
}

function script(url) {
  return new Promise((resolve, reject) => {
    const refuse = () => reject(new Error(`${url} was not loaded.`));
    document.head.append(element('script', { src: url.href, onload: resolve, onerror: refuse }));
  });
}

/** Whether TensorFlow.js has the layer: along the channels, with as many before as after. */
export function isKnown({ windows }) {
  return windows.length === 1 && windows[0][0] === windows[0][1];
}

/** The layer of a network on values, which are channels-last. */
export class TensorflowLayer {
  constructor(tf, { windows: [[radius]], a, beta, k }, dims, values) {
    this.tf = tf;
    this.x = tf.tensor4d(values, dims);
    this.run = () => tf.localResponseNormalization(this.x, radius, k, a, beta);
  }

  async result() {
    const y = this.run();
    const values = await y.data();
    y.dispose();
    return values;
  }

  submit() {
    this.run().dispose();
  }

  /** It queues up to 15 passes before it submits them. */
  async done() {
    const backend = this.tf.backend();
    if (backend.commandEncoder) {
      backend.endComputePassEncoder();
      backend.submitQueue();
    }
    await backend.device.queue.onSubmittedWorkDone();
    if (refused) throw new Error(`TensorFlow.js: ${refused.message}`);
  }

  destroy() {
    this.x.dispose();
  }
}
