// TensorFlow.js on WebGPU, loaded from this page's own origin when it is asked for.

import { element } from '../element.js';

const FILES = ['tf-core.min.js', 'tf-backend-webgpu.min.js'];
const BACKEND = 'webgpu';

/** The files that have run: a second run would register all anew. */
const loaded = new Set();

let loading;

/** What its device refused: TensorFlow.js would go on, and its times would be those of nothing. */
let refused;

/** TensorFlow.js, ready on WebGPU. What fails is tried again by the next call. */
export async function tensorflow() {
  loading ??= load();
  try {
    return await loading;
  } catch (error) {
    loading = undefined;
    throw error;
  }
}

async function load() {
  for (const file of FILES) await loadOnce(file);
  const { tf } = window;
  if (!(await tf.setBackend(BACKEND))) throw new Error('TensorFlow.js found no WebGPU.');
  await tf.ready();
  watch(tf, tf.backend().device);
  return tf;
}

async function loadOnce(file) {
  if (loaded.has(file)) return;
  await script(new URL(`../tfjs/${file}`, import.meta.url));
  loaded.add(file);
}

function watch(tf, device) {
  device.onuncapturederror = ({ error }) => {
    refused = error;
  };
  device.lost.then(({ message }) => {
    refused = new Error(`Its device was lost. ${message}`);
    forgetDevice(tf);
  });
}

/** Lets the next call open another device. With a backend, TensorFlow.js forgets how to make it. */
function forgetDevice(tf) {
  const factory = tf.findBackendFactory(BACKEND);
  tf.removeBackend(BACKEND);
  tf.registerBackend(BACKEND, factory);
  loading = undefined;
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
    refused = undefined;
    this.backend = tf.backend();
    this.x = tf.tensor4d(values, dims);
    this.run = () => tf.localResponseNormalization(this.x, radius, k, a, beta);
  }

  async result() {
    const y = this.run();
    try {
      return await y.data();
    } finally {
      y.dispose();
      check();
    }
  }

  submit() {
    check();
    this.run().dispose();
  }

  /** It queues up to 15 passes before it submits them. */
  async done() {
    const { backend } = this;
    if (backend.commandEncoder) {
      backend.endComputePassEncoder();
      backend.submitQueue();
    }
    await backend.device.queue.onSubmittedWorkDone();
    check();
  }

  destroy() {
    this.x.dispose();
  }
}

function check() {
  if (refused) throw new Error(`TensorFlow.js: ${refused.message}`);
}
