// Opens the GPU, hands it to the sections, and tells what goes wrong.

import init, { Gpu } from './page.js';
import { clearNotices, notice } from './notice.js';
import { showTabs } from './tabs.js';
import * as see from './see.js';
import * as measure from './measure.js';
import * as check from './check.js';

const sections = { see, measure, check };

/** For tests: the open Gpu, null where there is none, and undefined before. */
window.page = { gpu: undefined };

/** Whether the device is lost. What was under way then fails too, and its errors say nothing new. */
let lost = false;

function report(error) {
  if (!lost) notice(error?.message ?? String(error));
}

function panel(name) {
  return document.getElementById(`${name}-panel`);
}

/** Why this browser offers no WebGPU, if it does not. */
function missing() {
  if (!window.isSecureContext) {
    return 'Browsers offer WebGPU only to secure pages: open this one by https, or from localhost.';
  }
  if (!navigator.gpu) {
    return 'This browser has no WebGPU. Current Chrome, Edge and Safari have it, and Firefox on Windows and macOS. ' +
      'On Linux, chrome://flags/#enable-unsafe-webgpu in Chrome, or dom.webgpu.enabled in Firefox’s about:config, ' +
      'may switch it on.';
  }
  return undefined;
}

const NO_ADAPTER = 'This browser has WebGPU, but found no GPU for it. See whether hardware acceleration is on in its ' +
  'settings, and what chrome://gpu or about:support say about WebGPU.';

/** The Gpu; null where there is none, which a notice explains. */
async function open() {
  const reason = missing();
  if (reason) return without(reason);
  try {
    return await Gpu.open();
  } catch (error) {
    return without(error.name === 'NoAdapter' ? NO_ADAPTER : `The GPU was not opened: ${error.message}.`);
  }
}

function without(reason) {
  notice(`${reason} Meanwhile the CPU computes the picture.`);
  return null;
}

async function start() {
  const gpu = await open();
  lost = false;
  window.page.gpu = gpu;
  if (gpu) watch(gpu.device);
  await Promise.all(Object.entries(sections).map(([name, section]) => section.mount(panel(name), gpu)));
}

function watch(device) {
  device.onuncapturederror = ({ error }) => report(error);
  device.lost.then(({ reason, message }) => {
    lost = true;
    clearNotices();
    notice(`The GPU was lost (${reason}). ${message}`, 'Open it again', () => start().catch(report));
  });
}

window.addEventListener('error', ({ error, message }) => report(error ?? message));
window.addEventListener('unhandledrejection', ({ reason }) => report(reason));
showTabs(panel);
await init();
await start();
