// The npm package in Node.js, which has no WebGPU: the formula's numbers, and an error that a caller catches.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, test } from 'node:test';

const file = (name) => new URL(`../../target/npm/${name}`, import.meta.url);
let lrn;
before(async () => {
    lrn = await import(file('wgpu_lrn.js'));
    await lrn.default({ module_or_path: await readFile(file('wgpu_lrn_bg.wasm')) });
});

test('a layer tells its numbers', () => {
    const { windows, a, beta, k } = lrn.Lrn.convention('caffe').window(3, 1).axes(2).alpha(5).beta(0.6).k(1.7).parameters();
    assert.deepEqual([windows, a, beta, k], [[[3, 1], [3, 1]], 0.2, 0.6, 1.7]);
});

/** What globals a runtime has: none of a browser's, a browser's without WebGPU, or WebGPU without a browser. */
const runtimes = {
    'no navigator': { navigator: undefined },
    'a navigator': { navigator: {} },
    'a navigator with a GPU': { navigator: { gpu: { requestAdapter: async () => ({}) } } },
    'a window': { Window: class {}, navigator: {} },
    'a worker': { WorkerGlobalScope: class {}, navigator: {} },
};

/** Sets a global for one test. */
function define(t, name, value) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name) ?? { configurable: true };
    t.after(() => Object.defineProperty(globalThis, name, before));
    Object.defineProperty(globalThis, name, { value, configurable: true });
}

for (const [runtime, globals] of Object.entries(runtimes)) {
    for (const preference of [undefined, 'high-performance', 'low-power']) {
        test(`there is no adapter with ${runtime}, ${preference ?? 'unless told'}`, async (t) => {
            for (const [name, value] of Object.entries(globals)) define(t, name, value);
            await assert.rejects(lrn.Gpu.open(preference), { name: 'NoAdapter', message: /none/ });
        });
    }
}
