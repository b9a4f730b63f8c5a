// The results: the adapters, and for each operation of a layer how fast they are.

import { element } from '../element.js';
import { Row } from './row.js';

const CLOCKS = {
  timestamps: 'The GPU’s timestamps tell the times. Browsers round them, to 0.1 ms where one knows, so that a short ' +
    'pass is repeated until a measurement takes 5 ms.',
  wall: 'The device has no timestamps, so that times are wall times, with the wait for the end in them; a short pass ' +
    'is repeated until a measurement takes 20 ms.',
};

/** A row of the results, whichever adapter it is measured on. */
const KEYS = ['shape', 'dtype', 'precision', 'layout', 'pass'];

export class Results {
  #groups = new Map();
  #rows = new Map();
  /** This adapter, once it is measured, and those of files. */
  #own = [];
  #others = [];

  constructor(container) {
    this.container = container;
    this.adapters = element('div', { className: 'adapters' });
    this.clock = element('p', { className: 'faint' });
    this.legend = element('p', { className: 'faint', textContent: 'Open a row to see every kernel. The line is the ' +
      'copy. “Rule” marks the kernel that the library chooses unless told, “fastest” the one that it would choose ' +
      'after tuning.' });
    this.groups = element('div', { className: 'groups' });
    this.remarks = element('ul', { className: 'remarks faint' });
    container.append(this.adapters, this.clock, this.legend, this.groups, this.remarks);
  }

  /** Forgets what was measured here, and shows what is measured now. */
  begin({ name, isFallback }) {
    this.#own = [{ name, isFallback, measurements: [], isHere: true }];
    this.remarks.replaceChildren();
    this.#showAll();
  }

  add(measurements, remarks, clock) {
    const [own] = this.#own;
    own.measurements.push(...measurements);
    const copies = own.measurements.filter(isCopy).map(({ gbps }) => gbps);
    Object.assign(own, { timer: clock, copy_gbps: copies.length > 0 ? Math.max(...copies) : undefined });
    this.clock.textContent = CLOCKS[clock];
    this.remarks.append(...remarks.map((textContent) => element('li', { textContent })));
    this.#put(own, 0, measurements);
    this.#finish();
  }

  /** Shows other adapters too. Other programs do not tell the precision. */
  compare(adapters) {
    for (const { measurements, ...adapter } of adapters) {
      this.#others.push({ ...adapter, measurements: measurements.map((m) => ({ precision: 'fast', ...m })) });
    }
    this.#showAll();
  }

  forget() {
    this.#others = [];
    this.#showAll();
  }

  #showAll() {
    this.#groups.clear();
    this.#rows.clear();
    this.groups.replaceChildren();
    this.#all().forEach((adapter, number) => this.#put(adapter, number, adapter.measurements));
    this.#finish();
  }

  #all() {
    return [...this.#own, ...this.#others];
  }

  #put(adapter, number, measurements) {
    const byRow = Map.groupBy(measurements, (measurement) => KEYS.map((key) => measurement[key]).join(' '));
    byRow.forEach((of, key) => this.#row(key, of[0]).put(number, adapter, of));
  }

  #row(key, measurement) {
    if (!this.#rows.has(key)) {
      const row = new Row(measurement);
      this.#rows.set(key, row);
      this.#group(measurement).append(row.element);
    }
    return this.#rows.get(key);
  }

  #group({ shape, dtype, precision, dims }) {
    const name = [shape, dtype, precision === 'exact' ? 'exact' : ''].join(' ');
    if (!this.#groups.has(name)) {
      const size = element('small', { className: 'faint', textContent: dims.join(' × ') });
      const title = element('h3', {}, `${name} `, size);
      this.#groups.set(name, element('section', { className: 'group' }, title));
      this.groups.append(this.#groups.get(name));
    }
    return this.#groups.get(name);
  }

  /** The adapters, and the scale of all bars. */
  #finish() {
    const all = this.#all();
    this.container.hidden = all.length === 0;
    this.clock.hidden = this.#own.length === 0;
    this.adapters.replaceChildren(...all.map(adapterLine));
    const longest = [...this.#rows.values()].map(({ most }) => most);
    this.container.style.setProperty('--most', Math.max(1, ...longest));
  }
}

function isCopy({ kernel }) {
  return kernel.startsWith('copy');
}

function adapterLine({ name, isFallback, isHere, backend, timer, copy_gbps: copy }, number) {
  const parts = [isHere ? 'here' : [backend, timer].filter(Boolean).join(', ')];
  if (copy) parts.push(`a copy runs at ${copy.toPrecision(3)} GB/s`);
  if (isFallback) parts.push('a CPU, which says nothing of GPUs');
  const [key, title] = [element('i', { className: 'key' }), element('b', { textContent: name })];
  const line = element('p', {}, key, title, ` ${parts.join(' · ')}`);
  line.dataset.series = number;
  return line;
}
