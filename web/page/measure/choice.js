// What the visitor wants measured.

import { networks } from '../page.js';
import { element } from '../element.js';

const BATCHES = [1, 8, 32, 128];
/** The types by name, each with its dtype and its precision. */
const TYPES = { f32: ['f32', 'fast'], 'f32 exact': ['f32', 'exact'], f16: ['f16', 'fast'], bf16: ['bf16', 'fast'] };

/** What a common GPU measures within a minute, and a CPU within a few. */
const QUICK = { network: ['alexnet_norm1', 'caffenet_norm2', 'googlenet_norm2'], type: ['f32'] };
const QUICK_BATCH = 8;
const QUICK_BATCH_OF_CPU = 1;

export class Choice {
  constructor(form) {
    this.form = form;
    this.all = JSON.parse(networks());
    form.append(
      line('Layers', 'network', this.all.map(({ name }) => name)),
      line('Images', 'batch', BATCHES),
      line('Numbers', 'type', Object.keys(TYPES)),
    );
    this.#check(QUICK);
  }

  /** Checks the batch that suits a GPU, unless the visitor has checked one. */
  suggest(gpu) {
    if (this.batches.length > 0) return;
    this.#check({ batch: [`${gpu.isFallback ? QUICK_BATCH_OF_CPU : QUICK_BATCH}`] });
  }

  get networks() {
    return this.#checked('network');
  }

  get batches() {
    return this.#checked('batch').map(Number);
  }

  get dtypes() {
    return [...new Set(this.#types.map(([dtype]) => dtype))];
  }

  /** Those of f32: the other types have only one. */
  get precisions() {
    return this.#types.filter(([dtype]) => dtype === 'f32').map(([, precision]) => precision);
  }

  get isEmpty() {
    return [this.networks, this.batches, this.dtypes].some(({ length }) => length === 0);
  }

  get #types() {
    return this.#checked('type').map((name) => TYPES[name]);
  }

  #checked(name) {
    return new FormData(this.form).getAll(name);
  }

  #check(wanted) {
    for (const input of this.form.elements) {
      if (wanted[input.name]?.includes(input.value)) input.checked = true;
    }
  }
}

function line(legend, name, values) {
  const boxes = values.map((value) => box(name, value));
  return element('fieldset', {}, element('legend', { textContent: legend }), element('div', {}, ...boxes));
}

function box(name, value) {
  return element('label', {}, element('input', { type: 'checkbox', name, value }), `${value}`);
}
