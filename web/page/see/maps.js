// The feature maps of some channels: before the layer, after it, and the gradient.

import { icon } from './icon.js';
import { MAP, TENSORS, family } from './network.js';
import { number } from './number.js';
import { placeInMap } from './pointing.js';

const AFTER = 1;

export class Maps {
  #maps = [];
  #arranged = {};

  constructor(container, { filters, families }, pointing) {
    Object.assign(this, { container, filters, families, pointing });
  }

  /** Makes the canvases of these channels, where they are not there yet, for an engine to draw on. */
  arrange(channels, gradient, engine) {
    const wanted = { channels: `${channels}`, gradient, engine };
    if (Object.keys(wanted).every((key) => wanted[key] === this.#arranged[key])) return;
    this.#arranged = wanted;
    this.#maps = [];
    this.container.classList.toggle('three', gradient);
    const tensors = gradient ? TENSORS : TENSORS.slice(0, 2);
    this.container.replaceChildren(...channels.map((channel) => this.#figure(channel, tensors, engine)));
  }

  /** What the engine draws. */
  drawn(isOneScale) {
    const scale = (tensor) => (isOneScale && tensor === AFTER ? 0 : tensor);
    return this.#maps.map(({ surface, channel, tensor }) => ({ surface, channel, tensor, scale: scale(tensor) }));
  }

  /** Writes the peak of each map. */
  label(statistics) {
    for (const { label, channel, tensor } of this.#maps) {
      label.textContent = `peak ${number(statistics[4 * channel + tensor])}`;
    }
  }

  #figure(channel, tensors, engine) {
    const figure = element('figure', 'pointable');
    const name = this.families[family(channel)];
    figure.tabIndex = 0;
    figure.role = 'group';
    figure.ariaLabel = `Channel ${channel}, ${name}. Arrow keys choose a pixel.`;
    const caption = element('figcaption');
    caption.append(icon(this.filters, channel), element('b', '', `channel ${channel}`), element('span', 'faint', name));
    figure.append(caption, ...tensors.map((_, tensor) => this.#map(channel, tensor, engine)));
    this.pointing.add(figure, placeInMap, channel);
    return figure;
  }

  #map(channel, tensor, engine) {
    const name = TENSORS[tensor];
    const canvas = Object.assign(document.createElement('canvas'), { width: MAP, height: MAP, role: 'img' });
    canvas.ariaLabel = `Channel ${channel}, ${name}`;
    const map = element('div', 'map');
    const framed = element('div', 'framed');
    const label = element('span', 'faint');
    framed.append(canvas);
    map.append(framed, element('span', '', name), ' ', label);
    this.#maps.push({ surface: engine.surface(canvas), channel, tensor, label });
    return map;
  }
}

function element(name, className = '', text = '') {
  return Object.assign(document.createElement(name), { className, textContent: text });
}
