// What a visitor may send to the library's authors.

import { versions } from '../page.js';
import { TYPES, ratioText, typeName } from './outcome.js';

const WIDTH = 14;

export function reportText({ adapter, failures, kernels, verdict }) {
  return [
    `Adapter: ${adapter}`,
    `Browser: ${navigator.userAgent}`,
    `Versions: ${versions()}`,
    verdict,
    '',
    line('kernel', TYPES.map(typeName)),
    ...[...kernels].map(([kernel, types]) => line(kernel, TYPES.map((type) => cell(types.get(typeName(type)))))),
    '',
    ...failures,
  ].join('\n');
}

function line(kernel, cells) {
  return [kernel, ...cells].map((text) => text.padEnd(WIDTH)).join('').trimEnd();
}

function cell(found) {
  return found ? `${ratioText(found.ratio)} (${found.runs})` : '–';
}
