// How the checks ended: a table of kernels and types, and what is wrong.

import { element } from '../element.js';

/** The types, as a verdict tells them. */
export const TYPES = [['f32', 'fast'], ['f32', 'exact'], ['f16', 'fast'], ['bf16', 'fast']];

export function typeName([dtype, precision]) {
  return precision === 'exact' ? `${dtype} exact` : dtype;
}

export class Outcome {
  constructor(container) {
    this.container = container;
    this.find = (selector) => container.querySelector(selector);
  }

  /** Forgets what was, for so many checks of an adapter. */
  begin(adapter, count) {
    Object.assign(this, { adapter, count, runs: 0, failures: [], kernels: new Map() });
    this.container.hidden = false;
    this.find('#report').hidden = this.find('#failures').hidden = true;
    this.find('#failures ul').replaceChildren();
    this.#show();
  }

  add({ check, choice, complaint, dtype, kernel, precision, ratio }) {
    this.runs += 1;
    const cell = this.#cell(kernel, typeName([dtype, precision]));
    cell.runs += 1;
    cell.ratio = Math.max(cell.ratio, ratio);
    if (complaint) this.#fail(cell, `${check} by ${choice}: ${complaint}`);
    this.#show();
  }

  /** One sentence. */
  get verdict() {
    const { count, failures, runs } = this;
    if (runs === 0) return '';
    const wrong = failures.length;
    const right = wrong > 0 ? `Wrong in ${wrong} of` : 'Right in all';
    return `${right} ${runs} runs${runs < count ? ` so far, of ${count}` : ''}.`;
  }

  #cell(kernel, type) {
    if (!this.kernels.has(kernel)) this.kernels.set(kernel, new Map());
    const types = this.kernels.get(kernel);
    if (!types.has(type)) types.set(type, { runs: 0, ratio: 0, isWrong: false });
    return types.get(type);
  }

  #fail(cell, text) {
    cell.isWrong = true;
    this.failures.push(text);
    this.find('#failures').hidden = false;
    this.find('#failures ul').append(element('li', { textContent: text }));
  }

  #show() {
    this.find('#verdict').textContent = this.verdict;
    this.find('#verdict').classList.toggle('wrong', this.failures.length > 0);
    const rows = [...this.kernels].map(([kernel, types]) => this.#row(kernel, types));
    this.find('#errors').replaceChildren(head(), ...rows);
  }

  #row(kernel, types) {
    const cells = TYPES.map((type) => cell(types.get(typeName(type))));
    return element('tr', {}, element('th', { scope: 'row', textContent: kernel }), ...cells);
  }
}

function head() {
  const names = ['kernel', ...TYPES.map(typeName)];
  const heads = names.map((textContent, i) => element('th', { scope: 'col', textContent, className: i ? 'n' : '' }));
  return element('tr', {}, ...heads);
}

function cell(found) {
  if (!found) return element('td', { className: 'n faint', textContent: '–' });
  const runs = element('small', { className: 'faint', textContent: `${found.runs}` });
  return element('td', { className: found.isWrong ? 'n wrong' : 'n' }, ratioText(found.ratio), runs);
}

export function ratioText(ratio) {
  return Number.isFinite(ratio) ? ratio.toFixed(2) : '∞';
}
