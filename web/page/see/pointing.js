// The pixel and the channel that one points at, by pointer, finger or arrow keys.

import { FILTER, MAP, PICTURE, STRIDE } from './network.js';

/** The pixel with the most energy in the photo, where the frame of the demo is too. */
const START = { column: 47, row: 29, channel: 43 };
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const LEAP = 5;

export class Pointing {
  constructor(section, moved) {
    this.section = section;
    this.moved = moved;
    this.#go(START);
  }

  get pixel() {
    return this.row * MAP + this.column;
  }

  /** Follows the pointer on the canvases of an element, and the arrow keys there. `place` finds a pixel's number. */
  add(element, place, channel) {
    const follow = ({ target, clientX, clientY }) => {
      if (!(target instanceof HTMLCanvasElement)) return;
      const { left, top, width, height } = target.getBoundingClientRect();
      this.#go({ column: place((clientX - left) / width), row: place((clientY - top) / height), channel });
    };
    element.addEventListener('pointermove', follow);
    element.addEventListener('pointerdown', follow);
    element.addEventListener('keydown', (event) => this.#step(event, channel));
  }

  #step(event, channel) {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const [right, down] = step.map((part) => part * (event.shiftKey ? LEAP : 1));
    this.#go({ column: this.column + right, row: this.row + down, channel });
  }

  #go({ column, row, channel = this.channel }) {
    const next = [clamp(column), clamp(row), channel];
    if (`${next}` === `${[this.column, this.row, this.channel]}`) return;
    [this.column, this.row, this.channel] = next;
    this.section.style.setProperty('--column', this.column);
    this.section.style.setProperty('--row', this.row);
    this.moved();
  }
}

/** The number of the pixel at a part of a map's side. */
export function placeInMap(part) {
  return Math.floor(part * MAP);
}

/** The number of the pixel whose filters look at a part of the picture's side. */
export function placeInPicture(part) {
  return Math.round((part * PICTURE - FILTER / 2) / STRIDE);
}

function clamp(place) {
  return Math.min(Math.max(place, 0), MAP - 1);
}
