// All filters, to choose the channels whose maps are shown.

import { icon } from './icon.js';
import { CHANNELS, FAMILY, family } from './network.js';

const MOST = 12;

export class Strip {
  channels = [];
  /** Whether the strongest channels are wanted, once they are known. */
  seeks = false;
  #byHand = false;

  constructor(container, strongestButton, channels, chosen) {
    this.chosen = chosen;
    this.buttons = Array.from({ length: CHANNELS }, (_, channel) => this.#button(channels, channel));
    container.append(...channels.families.map((name, first) => this.#row(name, first)));
    strongestButton.addEventListener('click', () => {
      this.#byHand = false;
      this.seeks = true;
      chosen();
    });
  }

  /** Shows the strongest channels, unless the visitor has chosen some. */
  choose(strongest) {
    this.seeks = false;
    if (!this.#byHand) this.#set(strongest);
  }

  #set(channels) {
    this.channels = channels.toSorted((a, b) => a - b);
    this.buttons.forEach((button, channel) => {
      button.setAttribute('aria-pressed', channels.includes(channel));
      button.disabled = channels.length === 1 && channels[0] === channel;
    });
    this.chosen();
  }

  /** Shows a channel, or no more; the one chosen first goes where there are too many. */
  #toggle(channel) {
    this.#byHand = true;
    const others = this.channels.filter((other) => other !== channel);
    const isShown = others.length < this.channels.length;
    this.#set(isShown ? others : [...others.slice(Math.max(0, others.length + 1 - MOST)), channel]);
  }

  #row(name, first) {
    const row = Object.assign(document.createElement('div'), { role: 'group', ariaLabel: name });
    const label = Object.assign(document.createElement('span'), { className: 'faint', textContent: name });
    row.append(label, ...this.buttons.slice(first * FAMILY, (first + 1) * FAMILY));
    return row;
  }

  #button({ filters, families }, channel) {
    const button = Object.assign(document.createElement('button'), { type: 'button', ariaPressed: 'false' });
    button.ariaLabel = button.title = `channel ${channel}, ${families[family(channel)]}`;
    button.append(icon(filters, channel));
    button.addEventListener('click', () => this.#toggle(channel));
    return button;
  }
}
