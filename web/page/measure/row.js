// An operation of a layer: a bar for each adapter, and all kernels where one opens it.

import { element } from '../element.js';

export class Row {
  #adapters = [];
  /** The longest bar. */
  most = 0;

  constructor({ layout, pass }) {
    this.bars = element('span', { className: 'bars' });
    this.kernels = element('div', { className: 'bars kernels' });
    const name = element('span', { className: 'name', textContent: `${spaced(pass)}, ${spaced(layout)}` });
    this.element = element('details', {}, element('summary', {}, name, this.bars), this.kernels);
  }

  /** Shows what is measured on an adapter, by its number. */
  put(number, adapter, measurements) {
    this.#adapters[number] = { number, adapter, measurements };
    const all = this.#adapters.filter(Boolean); // not each has the row
    const title = ({ adapter }) => (all.length > 1 ? [element('b', { textContent: fullName(adapter) })] : []);
    this.bars.replaceChildren(...all.flatMap((one) => bars(one, main)));
    this.kernels.replaceChildren(...all.flatMap((one) => [...title(one), ...bars(one, byTime)]));
    this.most = Math.max(...all.flatMap((one) => main(one.measurements)).map((m) => m.fraction_of_copy));
  }
}

/** Several backends may reach one adapter. */
function fullName({ name, backend }) {
  return backend ? `${name} (${backend})` : name;
}

function bars({ number, adapter, measurements }, choose) {
  return choose(measurements).map((measurement) => bar(measurement, number, adapter));
}

/** The kernel that the rule chooses and the fastest; of another program, all there is. */
function main(measurements) {
  const marked = measurements.filter(({ rule, fastest }) => rule || fastest);
  return marked.length > 0 ? marked : measurements.filter(({ kernel }) => !/^(copy|empty)/.test(kernel));
}

function byTime(measurements) {
  return measurements.toSorted((a, b) => a.seconds - b.seconds);
}

function bar(measurement, number, adapter) {
  const { kernel, rule, fastest, seconds } = measurement;
  const marks = [rule && 'rule', fastest && 'fastest'].filter(Boolean).join(', ');
  const mark = element('small', { className: 'faint', textContent: marks });
  const what = element('span', { className: 'what' }, kernel, mark);
  const speed = hasSpeed(measurement) ? speeds(measurement) : [element('span', { className: 'nothing' })];
  const title = fullName(adapter);
  const made = element('span', { className: 'bar', title }, what, ...speed, text(time(seconds), 'n faint'));
  made.dataset.series = number;
  return made;
}

/** An empty dispatch moves nothing, so that it has a time only; so has what took no time by its clock. */
function hasSpeed({ kernel, fraction_of_copy: fraction, gbps }) {
  return kernel !== 'empty' && fraction !== null && gbps !== null;
}

function speeds({ kernel, fraction_of_copy: fraction, gbps }) {
  const fill = text('', kernel.startsWith('copy') ? 'fill yardstick' : 'fill');
  fill.style.setProperty('--part', fraction);
  return [
    element('span', { className: 'track' }, fill),
    text(fraction.toFixed(2), 'n'),
    text(`${gbps.toFixed(gbps < 10 ? 2 : 0)} GB/s`, 'n faint'),
  ];
}

function text(textContent, className) {
  return element('span', { className, textContent });
}

function time(seconds) {
  const milliseconds = seconds * 1e3;
  return milliseconds < 1 ? `${(milliseconds * 1e3).toPrecision(3)} µs` : `${milliseconds.toPrecision(3)} ms`;
}

function spaced(name) {
  return name.replace('_', ' ');
}
