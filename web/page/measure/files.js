// Files of measurements, as the program `benchmark` and this page write them.

import { element } from '../element.js';

const NAME = 'lrn-measurements.json';

/** Gives a text to the visitor as a file. */
export function download(text) {
  const href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  element('a', { href, download: NAME }).click();
  URL.revokeObjectURL(href);
}

/** Calls `take` with the adapters of files that are chosen or dropped, or `refuse` with what is wrong with one. */
export function takeFiles(section, input, take, refuse) {
  const read = async (files) => {
    try {
      take((await Promise.all([...files].map(adapters))).flat());
    } catch (error) {
      refuse(error.message);
    }
  };
  input.addEventListener('change', async () => {
    await read(input.files);
    input.value = ''; // so that the same file can be chosen again
  });
  section.addEventListener('dragover', (event) => event.preventDefault());
  section.addEventListener('drop', (event) => {
    event.preventDefault();
    return read(event.dataTransfer.files);
  });
}

async function adapters(file) {
  const report = await parsed(file);
  if (!report?.adapters?.every?.(isAdapter)) throw new Error(`${file.name} is no file of measurements.`);
  return report.adapters;
}

async function parsed(file) {
  try {
    return JSON.parse(await file.text());
  } catch (error) {
    throw new Error(`${file.name} was not read: ${error.message}`);
  }
}

function isAdapter({ name, copy_gbps: copy, measurements }) {
  return typeof name === 'string' && typeof copy === 'number' && Array.isArray(measurements) &&
    measurements.every(isMeasurement);
}

function isMeasurement({ shape, kernel, seconds, gbps, fraction_of_copy: fraction }) {
  return typeof shape === 'string' && typeof kernel === 'string' &&
    [seconds, gbps, fraction].every((number) => typeof number === 'number');
}
