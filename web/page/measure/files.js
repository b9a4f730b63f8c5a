// Files of measurements, as the program `benchmark` and this page write them.

import { element } from '../element.js';

const NAME = 'lrn-measurements.json';

/** How long a browser may take to begin a download, in milliseconds. */
const PATIENCE = 60_000;

/** Gives a text to the visitor as a file. */
export function download(text) {
  const href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  element('a', { href, download: NAME }).click();
  setTimeout(() => URL.revokeObjectURL(href), PATIENCE);
}

/** Calls `take` with the adapters of files that are chosen or dropped, or `refuse` with what is wrong with one. */
export function takeFiles(section, input, take, refuse) {
  const read = async (files) => {
    if (files.length === 0) return; // a choice that was cancelled, or a text that was dropped
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
  const lack = lackOf(report);
  if (lack) throw new Error(`${file.name} is no file of measurements: ${lack}.`);
  return report.adapters;
}

async function parsed(file) {
  try {
    return JSON.parse(await file.text());
  } catch (error) {
    throw new Error(`${file.name} was not read: ${error.message}`);
  }
}

const isText = (value) => typeof value === 'string';
const isNumber = (value) => typeof value === 'number';
/** An infinite speed, of what took no time by its clock, is null in JSON. */
const isSpeed = (value) => value === null || isNumber(value);
const isSizes = (value) => Array.isArray(value) && value.every(isNumber);
const optional = (is) => (value) => value === undefined || is(value);

/** What is shown of an adapter and of a measurement, and what it must be. */
const ADAPTER = {
  name: isText, backend: optional(isText), timer: optional(isText), copy_gbps: isSpeed, measurements: Array.isArray,
};
const MEASUREMENT = {
  shape: isText, dims: isSizes, layout: isText, dtype: isText, precision: optional(isText), pass: isText,
  kernel: isText, seconds: isNumber, gbps: isSpeed, fraction_of_copy: isSpeed,
};

/** What a report lacks, in words; undefined where it has all. */
function lackOf(report) {
  if (!Array.isArray(report?.adapters) || report.adapters.length === 0) return 'it has no adapters';
  const wrong = report.adapters.map((adapter) => wrongField(adapter, ADAPTER)).find(Boolean);
  if (wrong) return `“${wrong}” of an adapter is missing or wrong`;
  const measurements = report.adapters.flatMap((adapter) => adapter.measurements);
  const wrongOne = measurements.map((measurement) => wrongField(measurement, MEASUREMENT)).find(Boolean);
  return wrongOne && `“${wrongOne}” of a measurement is missing or wrong`;
}

/** The first field of a value that is not what it must be. */
function wrongField(value, fields) {
  return Object.keys(fields).find((name) => !fields[name](value?.[name]));
}
