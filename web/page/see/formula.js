// The formula with the numbers of the layer in it.

import { Lrn } from '../page.js';
import { number } from './number.js';

export function makeLrn({ convention, size, alpha, beta, k }) {
  return Lrn.convention(convention).size(size).alpha(alpha).beta(beta).k(k);
}

export function showFormula({ formula, placement }, { windows: [[behind, ahead]], a, beta, k }, { size, alpha }) {
  formula.innerHTML =
    `<i>y<sub>i</sub></i> = <i>x<sub>i</sub></i> · ( ${number(k)} + ${number(a)} · ` +
    `<span class="sum"><small>${place('+', ahead)}</small>Σ<small><i>j</i> = ${place('−', behind)}</small></span>` +
    ` <i>x<sub>j</sub></i>² )<sup>${number(-beta)}</sup>`;
  placement.textContent =
    `The window has ${behind + 1 + ahead} channels: ${behind} before, the channel itself, ${ahead} after. ` +
    `The factor of the sum is ${a === alpha ? 'α itself' : `α/${size}`}.`;
}

function place(sign, distance) {
  return distance === 0 ? '<i>i</i>' : `<i>i</i> ${sign} ${distance}`;
}
