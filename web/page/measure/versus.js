// TensorFlow.js beside this library: the same layer on the same tensor, by the same clock.

import { element } from '../element.js';
import { number } from '../see/number.js';
import { Steps } from '../steps.js';
import { OwnLayer } from './own.js';
import { TensorflowLayer, isKnown, tensorflow } from './tfjs.js';
import { wallTimes } from './wall.js';

const CONTENT = `
<h2>Beside TensorFlow.js</h2>
<p>
  Its <code>localResponseNormalization</code> on WebGPU, forward, in f32, channels last, for the layers and images that
  are chosen above and that it knows. Both are timed by the clock on the wall, as a page sees it: from the first of many
  calls until the GPU has done them all. First their results are compared.
</p>
<div class="steps">
  <button type="button">Measure both</button>
  <progress hidden aria-label="Progress beside TensorFlow.js"></progress>
  <p><span role="status"></span> <span class="progress-text"></span></p>
</div>
<div class="scroll"><table hidden></table></div>`;

const HEAD = ['layer', 'TensorFlow.js', 'this library', 'ratio', 'largest difference'];

/** The difference beyond which results do not agree, relative to a value: f32 has seven digits. */
const AGREED = 1e-4;

export class Versus {
  constructor(container, choice) {
    container.innerHTML = CONTENT;
    Object.assign(this, { container, choice, table: container.querySelector('table') });
    this.steps = new Steps(container, () => this.#measure());
  }

  use(gpu) {
    this.gpu = gpu;
    this.container.hidden = !gpu;
    if (gpu?.isFallback) this.steps.say(`${gpu.name} computes on the CPU: its times say nothing of GPUs.`);
  }

  async #measure() {
    const { choice: { all, batches, networks }, gpu, steps, table } = this;
    const chosen = all.filter((network) => networks.includes(network.name) && isKnown(network));
    const layers = chosen.flatMap((network) => batches.map((batch) => ({ network, batch })));
    if (layers.length === 0) return steps.say('None of the chosen layers is known to TensorFlow.js.');
    table.replaceChildren(row('th', HEAD));
    table.hidden = false;
    const label = (i) => `${layers[i].network.name}_n${layers[i].batch}`;
    await steps.run(gpu, layers.length, label, async (i) => {
      table.append(await compared(gpu, layers[i], label(i)));
    });
  }
}

async function compared(gpu, { network, batch }, label) {
  const tf = await tensorflow();
  const [channels, height, width] = network.input;
  const dims = [batch, height, width, channels];
  const values = ordinary(dims.reduce((a, b) => a * b));
  const layers = [new TensorflowLayer(tf, network, dims, values), new OwnLayer(gpu, network, dims, values)];
  try {
    const difference = largestDifference(await layers[0].result(), await layers[1].result());
    if (difference > AGREED) return row('td', [label, '', '', 'they disagree', number(difference)]);
    const [theirs, ours] = await wallTimes(layers);
    return row('td', [label, ms(theirs), ms(ours), number(theirs / ours), number(difference)]);
  } finally {
    layers.forEach((layer) => layer.destroy());
  }
}

/** Values from −4 to 4. */
function ordinary(count) {
  return Float32Array.from({ length: count }, (_, i) => (i % 1013) / 128 - 4);
}

/** The largest difference of two results, each relative to the value. */
function largestDifference(theirs, ours) {
  let largest = 0;
  for (let i = 0; i < ours.length; i += 1) largest = Math.max(largest, relativeDifference(theirs[i], ours[i]));
  return largest;
}

/** What is no number agrees with nothing. */
function relativeDifference(theirs, ours) {
  if (theirs === ours) return 0;
  const difference = Math.abs(theirs - ours) / Math.abs(ours);
  return Number.isNaN(difference) ? Infinity : difference;
}

function ms(milliseconds) {
  return `${number(milliseconds)} ms`;
}

function row(cell, texts) {
  const cells = texts.map((textContent, i) => element(cell, { textContent, className: i > 0 ? 'n' : '' }));
  return element('tr', {}, ...cells);
}
