// All channels of a pixel, before and after, on a logarithmic axis.

import { CHANNELS, FAMILY, MAP } from './network.js';
import { number } from './number.js';

const HEIGHT = 300;
const MARGIN = { left: 52, right: 8, top: 38, bottom: 44 };
/** The smallest response before the layer that is shown. */
const FLOOR = 1;
/** The decades that the axis always has, and the lowest that it can have. */
const DECADES = [0, 3];
const LOWEST = -3;
const NARROW = 640;

export class Chart {
  #width = 0;
  #decades = DECADES;

  constructor(container, reading, families) {
    this.svg = svg('svg', { role: 'img', height: HEIGHT });
    this.reading = reading;
    this.families = families;
    container.append(this.svg);
    new ResizeObserver(([{ contentRect }]) => this.#resize(contentRect.width)).observe(container);
  }

  /** Values are [before, after] of each channel; the window is that of the channel which one points at. */
  show(values, pointed) {
    this.shown = { values, ...pointed };
    this.#say();
    if (this.#width > 0) this.#draw();
  }

  #resize(width) {
    this.#width = width;
    if (this.shown && width > 0) this.#draw();
  }

  #say() {
    const { channel, isLive, pixel } = this.shown;
    const [before, after] = this.#pair(channel);
    // The camera changes it with each frame, which nobody wants to hear.
    this.reading.setAttribute('aria-live', isLive ? 'off' : 'polite');
    this.reading.textContent = `Column ${pixel % MAP}, row ${Math.floor(pixel / MAP)}, channel ${channel}: ` +
      `${number(before)} before, ${number(after)} after`;
    this.svg.setAttribute('aria-label', `The channels of a pixel. ${this.reading.textContent}.`);
  }

  #draw() {
    this.#decades = decades(this.#active().flatMap((channel) => this.#pair(channel)));
    this.svg.setAttribute('width', this.#width);
    this.svg.replaceChildren(...this.#bands(), this.#window(), ...this.#grid(), ...this.#axis(), ...this.#responses());
  }

  /** The families by name, and a band behind every second one. */
  #bands() {
    return this.families.flatMap((name, index) => {
      const [left, right] = [this.#x(index * FAMILY - 0.5), this.#x((index + 1) * FAMILY - 0.5)];
      const label = svg('text', { class: 'label', y: 12, 'text-anchor': 'middle' });
      this.#lines(name).forEach((line, i) => {
        label.append(svg('tspan', { x: (left + right) / 2, dy: 13 * i }, line));
      });
      return index % 2 === 0 ? [this.#column('band', left, right), label] : [label];
    });
  }

  /** Names break where the chart is narrow. */
  #lines(name) {
    return this.#width < NARROW ? name.split(/(?<=–)| /) : [name];
  }

  /** The window of the channel that one points at. */
  #window() {
    const { channel, window: [behind, ahead] } = this.shown;
    const clipped = [Math.max(channel - behind, 0), Math.min(channel + ahead, CHANNELS - 1)];
    return this.#column('window', this.#x(clipped[0] - 0.5), this.#x(clipped[1] + 0.5));
  }

  #column(name, left, right) {
    const height = HEIGHT - MARGIN.top - MARGIN.bottom;
    return svg('rect', { class: name, x: left, y: MARGIN.top, width: right - left, height });
  }

  #grid() {
    const [lowest, highest] = this.#decades;
    return range(lowest, Math.floor(highest)).flatMap((decade) => {
      const y = this.#y(10 ** decade);
      const line = svg('path', { class: 'grid', d: `M${MARGIN.left} ${y}H${this.#width - MARGIN.right}` });
      const label = { class: 'label', x: MARGIN.left - 6, y: y + 4, 'text-anchor': 'end' };
      return [line, svg('text', label, number(10 ** decade))];
    });
  }

  #axis() {
    const y = HEIGHT - MARGIN.bottom;
    const every = this.#width < NARROW ? 20 : 10;
    const labels = range(0, CHANNELS - 1).filter((channel) => channel % every === 0);
    const middle = (MARGIN.top + y) / 2;
    return [
      ...labels.map((channel) =>
        svg('text', { class: 'label', x: this.#x(channel), y: y + 17, 'text-anchor': 'middle' }, channel)),
      svg('text', { class: 'label', x: this.#x(CHANNELS / 2), y: y + 36, 'text-anchor': 'middle' }, 'channel'),
      svg('text', { class: 'label', 'text-anchor': 'middle', transform: `translate(12 ${middle}) rotate(-90)` },
        'response'),
    ];
  }

  /** A dot for each response, and a line from before to after. Each is one path: a dot is a line of no length. */
  #responses() {
    const active = this.#active();
    const place = (channel, after) => `M${this.#x(channel)} ${this.#y(this.#pair(channel)[after])}`;
    const dots = (after) => active.map((channel) => `${place(channel, after)}h0`).join('');
    const falls = active.map((channel) => `${place(channel, 0)}V${this.#y(this.#pair(channel)[1])}`).join('');
    const size = Math.min(Math.max(this.#x(1) - this.#x(0), 4.5), 12);
    return [
      svg('path', { class: 'fall', d: falls }),
      svg('path', { class: 'before', d: dots(0), 'stroke-width': size }),
      svg('path', { class: 'after', d: dots(1), 'stroke-width': 0.7 * size }),
    ];
  }

  #active() {
    return range(0, CHANNELS - 1).filter((channel) => this.#pair(channel)[0] >= FLOOR);
  }

  /** The responses of a channel: before and after. */
  #pair(channel) {
    return [...this.shown.values.subarray(2 * channel, 2 * channel + 2)];
  }

  #x(channel) {
    return MARGIN.left + ((channel + 1) / (CHANNELS + 1)) * (this.#width - MARGIN.left - MARGIN.right);
  }

  #y(value) {
    const [lowest, highest] = this.#decades;
    const part = (Math.log10(Math.max(value, 10 ** lowest)) - lowest) / (highest - lowest);
    return HEIGHT - MARGIN.bottom - part * (HEIGHT - MARGIN.top - MARGIN.bottom);
  }
}

/** The decades of the axis: whole ones, so that it seldom changes, and room at the top. */
function decades(values) {
  const logarithms = values.filter((value) => value > 0).map(Math.log10);
  const lowest = logarithms.reduce((least, value) => Math.min(least, value), DECADES[0]);
  const highest = logarithms.reduce((most, value) => Math.max(most, value), DECADES[1]);
  return [Math.max(Math.floor(lowest), LOWEST), Math.ceil(highest) + 0.2];
}

function range(first, last) {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

function svg(name, attributes, text) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
  if (text !== undefined) element.textContent = text;
  return element;
}
