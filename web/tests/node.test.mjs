// The npm package in Node.js, which has no WebGPU: the formula's numbers, layers on the CPU, and an error that a caller
// catches.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bitsOf, close, closeToDifferences, forward, numbersOf, waves } from './formula.mjs';
import { readmePrograms } from './readme.mjs';

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

test('the formula is a convention; exact is a precision', () => {
    const { Lrn } = lrn;
    assert(Lrn.conventions().includes('formula'));
    assert.throws(() => Lrn.convention('exact'), { name: 'UnknownName', message: /formula/ });
    const layer = Lrn.convention('formula').window(2, 1).alpha(0.3);
    assert.deepEqual(layer.exact().parameters(), layer.parameters());
    assert.equal(layer.parameters().a, 0.3); // not divided by 4
});

test('without WebGPU the CPU computes', () => {
    const layer = lrn.Cpu.layer(lrn.Lrn.pytorch(4).alpha(1.2).beta(0.6).k(0.7), [2, 7, 3, 5]);
    const x = waves(210);
    const [y, s] = [layer.forward(x), layer.squareSums(x)];
    const formula = (x) => forward(x, [2, 7, 15], [2, 1], 0.3, 0.6, 0.7);
    close(y, formula(x), 2 ** -24);
    close(x.map((value, i) => value * (0.7 + 0.3 * s[i]) ** -0.6), formula(x), 2 ** -22);
    closeToDifferences(layer.backward(x, y), Array.from(x), [0, 17, 104, 209], formula);
});

test('the README’s program runs where the package is installed', async (t) => {
    const [program, ...others] = (await readmePrograms()).filter((program) => program.includes("'node:"));
    assert.deepEqual(others, []);
    const folder = await mkdtemp(join(tmpdir(), 'lrn-'));
    t.after(() => rm(folder, { recursive: true }));
    await mkdir(join(folder, 'node_modules'));
    await symlink(fileURLToPath(file('')), join(folder, 'node_modules', 'wgpu-lrn-web'));
    await writeFile(join(folder, 'program.mjs'), `${program}\nconsole.log(device === Cpu, y[96 * 13]);`);
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'program.mjs')]);
    const [isCpu, y] = stdout.split(' ');
    assert.equal(isCpu, 'true');
    close([Number(y)], [3 * (1 + (1e-4 / 5) * 9 * 5) ** -0.75], 2 ** -10);
});

/** The arrays that hold a tensor, and what their numbers are. */
const dtypes = {
    f32: [(x) => x, Array.from, Float32Array],
    f64: [(x) => Float64Array.from(x), Array.from, Float64Array],
    bf16: [bitsOf, numbersOf, Uint16Array],
    f16: [someHalves, numbersOfHalves, globalThis.Float16Array ?? Uint16Array],
};

/** Bits of f16, from 1 on. */
function someHalves({ length }) {
    return Uint16Array.from({ length }, (_, i) => 0x3c00 + 8 * i);
}

/** The numbers of positive, normal bits of f16, or of a Float16Array. */
function numbersOfHalves(values) {
    const number = (bits) => (1 + (bits & 0x3ff) / 1024) * 2 ** ((bits >> 10) - 15);
    return values instanceof Uint16Array ? Array.from(values, number) : Array.from(values);
}

for (const [dtype, [made, numbers, type]] of Object.entries(dtypes)) {
    test(`the CPU has ${dtype}`, () => {
        const { Cpu, Lrn } = lrn;
        const layer = Cpu.layer(Lrn.tensorflow().radius(1).alpha(0.4), [3, 12, 2], { axes: [-2], groups: 3, dtype });
        const x = made(waves(72));
        const y = layer.forward(x);
        assert(y instanceof type);
        const units = { f64: 2 ** -50, f32: 2 ** -24, f16: 2 ** -11, bf16: 2 ** -8 };
        close(numbers(y), forward(numbers(x), [9, 4, 2], [1, 1], 0.4, 0.5, 1), units[dtype]);
    });
}

/** One, and the digits that follow it. */
const ones = {
    f32: [Float32Array.of(1), 23],
    f16: [Uint16Array.of(0x3c00), 10],
    bf16: [Uint16Array.of(0x3f80), 7],
};

for (const [dtype, [one, digits]] of Object.entries(ones)) {
    test(`the CPU rounds ${dtype} to the nearest, ties to even`, () => {
        const bits = ({ buffer }) => (dtype === 'f32' ? new Uint32Array(buffer) : new Uint16Array(buffer))[0];
        const scaled = (scale) => {
            const layer = lrn.Lrn.pytorch(1).alpha(0).blended(scale, 0);
            return bits(lrn.Cpu.layer(layer, [1, 1], { dtype }).forward(one)) - bits(one);
        };
        const half = 2 ** (-digits - 1);
        assert.deepEqual([1 + half, 1 + 1.01 * half, 1 + 3 * half].map(scaled), [0, 1, 2]);
    });
}

test('the CPU’s errors are those of a GPU', () => {
    const { Cpu, Lrn } = lrn;
    const layer = Cpu.layer(Lrn.pytorch(5), [2, 3]);
    assert.throws(() => Cpu.layer(Lrn.pytorch(5), [2, 3], { axes: [0, 1] }), { name: 'Windows' });
    assert.throws(() => layer.forward(new Float32Array(5)), { name: 'Length', message: /x holds 5 elements/ });
    assert.throws(() => layer.backward(new Float32Array(6), [1]), { name: 'Dtype', message: /dy is of type Array/ });
});

test('memory that is out is an error, and the next call computes', () => {
    const { Cpu, Lrn } = lrn;
    const count = 600_000_000; // as f64 more than the 4 GiB of a module
    const layer = Cpu.layer(Lrn.pytorch(5), [count], { axes: [0], dtype: 'bf16' });
    assert.throws(() => layer.forward(new Uint16Array(count)), { name: 'OutOfMemory', message: /4800000000 bytes/ });
    assert.deepEqual(Cpu.layer(Lrn.pytorch(1), [0, 4]).forward(new Float32Array(0)), new Float32Array(0));
    assert.equal(Cpu.layer(Lrn.pytorch(1).k(4).beta(0.5).alpha(0), [1, 1]).forward(Float32Array.of(6))[0], 3);
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
