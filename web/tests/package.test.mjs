// The npm package in a browser: what it computes, what it refuses, and what it says when the device fails.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { name, start } from './browser.mjs';
import { close, closeToDifferences, forward, numbersOf } from './formula.mjs';

let browser;
before(async () => (browser = await start()));
after(() => browser.close());

/** Runs a function in a page of its own, on the package; tells what it gives, or the error that it throws. */
async function inPage(run, { before, argument } = {}) {
    const page = await browser.open('/blank', { before });
    await page.evaluate(async () => {
        window.lrn = await import('/npm/wgpu_lrn.js');
        await lrn.default();
        Object.assign(window, await import('/tests/formula.mjs'));
        /** The name and the text of the error that a promise is rejected with. */
        window.refusal = async (call) => {
            try {
                await call();
            } catch (error) {
                return { name: error.name, message: error.message };
            }
            return undefined;
        };
    });
    const result = await page.evaluate(run, argument);
    await page.context().close();
    return result;
}

test('arrays in, arrays out', async () => {
    const [x, y, dx, s] = await inPage(async () => {
        const gpu = await lrn.Gpu.open();
        const layer = gpu.layer(lrn.Lrn.pytorch(4).alpha(1.2).beta(0.6).k(0.7), [2, 7, 3, 5]);
        const x = waves(210);
        const [y, s] = [await layer.forward(x), await layer.squareSums(x)];
        const dx = await layer.backward(x, y);
        return [x, y, dx, s].map((values) => Array.from(values));
    });
    const expected = forward(x, [2, 7, 15], [2, 1], 0.3, 0.6, 0.7);
    close(y, expected, 1e-5);
    close(x.map((value, i) => value * (0.7 + 0.3 * s[i]) ** -0.6), expected, 1e-5);
    closeToDifferences(dx, x, [0, 17, 104, 209], (x) => forward(x, [2, 7, 15], [2, 1], 0.3, 0.6, 0.7));
});

test('every dtype, every axis, groups', async () => {
    const results = await inPage(async () => {
        const gpu = await lrn.Gpu.open();
        const layer = lrn.Lrn.convention('formula').window(1, 3).alpha(0.4).beta(0.75).k(1.3);
        const x = waves(72);
        const bits = (x) => new Uint16Array(Float32Array.from(x).buffer).filter((_, i) => i % 2 === 1);
        const f16 = globalThis.Float16Array && Float16Array.from(x);
        const run = async (x, options) => {
            const y = await gpu.layer(layer, [3, 12, 2], options).forward(x);
            return { type: y.constructor.name, x: Array.from(x), y: Array.from(y) };
        };
        return {
            last: await run(x, { axes: [-1] }),
            first: await run(x, { axes: [0] }),
            grouped: await run(x, { groups: 3 }),
            bf16: await run(bits(x), { dtype: 'bf16' }),
            f16: f16 && (await run(f16, { dtype: 'f16' })),
            bits: f16 && (await run(new Uint16Array(f16.buffer), { dtype: 'f16' })),
            exact: await (async () => Array.from(await gpu.layer(layer.exact().relu().blended(2, 0), [3, 12, 2]).forward(x)))(),
        };
    });
    const expected = (x, shape) => forward(x, shape, [1, 3], 0.4, 0.75, 1.3);
    close(results.last.y, expected(results.last.x, [36, 2, 1]), 1e-5);
    close(results.first.y, expected(results.first.x, [1, 3, 24]), 1e-5);
    close(results.grouped.y, expected(results.grouped.x, [9, 4, 2]), 1e-5);
    assert.equal(results.bf16.type, 'Uint16Array');
    close(numbersOf(results.bf16.y), expected(numbersOf(results.bf16.x), [3, 12, 2]), 2 ** -8);
    assert.deepEqual(results.bits?.y, results.f16?.y);
    if (results.f16) {
        assert.equal(results.f16.type, 'Float16Array');
        close(results.f16.y, expected(results.f16.x, [3, 12, 2]), 2 ** -10);
    }
    const positive = results.last.x.map((x) => Math.max(x, 0));
    close(results.exact, expected(positive, [3, 12, 2]).map((y) => 2 * y), 1e-6);
});

test('layers come between what the page submits itself', async () => {
    const [x, y] = await inPage(async () => {
        const gpu = await lrn.Gpu.open('low-power');
        const layer = gpu.layer(lrn.Lrn.tensorflow().radius(1).alpha(0.5), [4, 6]);
        const [a, b] = [gpu.buffer(layer.bytes), gpu.buffer(layer.bytes)];
        const copied = gpu.device.createBuffer({ size: layer.bytes, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
        const x = waves(24);
        gpu.device.queue.writeBuffer(a.buffer, 0, x);
        const accepted = [layer.forwardInto(a, b), layer.forwardInto(b, b)];
        const encoder = gpu.device.createCommandEncoder();
        encoder.copyBufferToBuffer(b.buffer, 0, copied, 0, layer.bytes);
        gpu.device.queue.submit([encoder.finish()]);
        await Promise.all(accepted);
        await copied.mapAsync(GPUMapMode.READ);
        return [Array.from(x), Array.from(new Float32Array(copied.getMappedRange()))];
    });
    const once = (x) => forward(x, [4, 6, 1], [1, 1], 0.5, 0.5, 1);
    close(y, once(once(x)), 1e-5);
});

test('arrays are read at the call, and calls run side by side', async () => {
    const [x, ys, gone] = await inPage(async () => {
        const gpu = await lrn.Gpu.open();
        const layer = gpu.layer(lrn.Lrn.pytorch(3).alpha(0.9), [4, 6]);
        const x = waves(24);
        const before = Array.from(x);
        const calls = [layer.forward(x), layer.backward(x, x), layer.forward(x)];
        x.fill(7);
        const results = await Promise.all(calls);
        structuredClone(x, { transfer: [x.buffer] });
        return [before, [results[0], results[2]].map((y) => Array.from(y)), await refusal(() => layer.forward(x))];
    });
    for (const y of ys) close(y, forward(x, [4, 6, 1], [1, 1], 0.3, 0.75, 1), 1e-5);
    assert.notEqual(gone, undefined);
});

test('tuning finds a kernel for each operation', async () => {
    const [tuning, y, expected] = await inPage(async () => {
        const gpu = await lrn.Gpu.open();
        const layer = lrn.Lrn.pytorch(5).alpha(0.9);
        const tuning = await gpu.tune(layer, [1, 8, 16]);
        const y = await gpu.layer(layer, [1, 8, 16], { tuning }).forward(waves(128));
        const expected = await gpu.layer(layer, [1, 8, 16]).forward(waves(128));
        return [tuning, Array.from(y), Array.from(expected)];
    });
    const lines = ['square_sums', 'forward', 'backward'].map((operation) => `${operation} \\w+ \\d \\w+ or any\n`);
    assert.match(tuning, new RegExp(`^${lines.join('')}$`));
    close(y, expected, 1e-5);
});

test('the CPU computes what the GPU does', async () => {
    const pairs = await inPage(async () => {
        const gpu = await lrn.Gpu.open();
        const plain = lrn.Lrn.onnx(4).alpha(0.8);
        const fused = plain.relu().blended(3, 0.5);
        const boxes = lrn.Lrn.convention('caffe').size(3).axes(2).alpha(0.9);
        const cases = [
            [plain, { axes: [-1] }],
            [plain, { groups: 3 }],
            [plain, { dtype: 'f16' }],
            [plain, { dtype: 'bf16' }],
            [fused, { axes: [0] }],
            [boxes, { axes: [1, 2] }],
        ];
        const Halves = globalThis.Float16Array ?? Uint16Array;
        const value = ({ dtype }) => ({ f16: new Halves(waves(90)), bf16: bitsOf(waves(90)) })[dtype] ?? waves(90);
        const pairs = [];
        for (const [layer, options] of cases) {
            const [ours, theirs] = [gpu, lrn.Cpu].map((device) => device.layer(layer, [3, 6, 5], options));
            const x = value(options);
            for (const operation of ['squareSums', 'forward', 'backward']) {
                const inputs = operation === 'backward' ? [x, x] : [x];
                const both = [await ours[operation](...inputs), theirs[operation](...inputs)];
                const types = both.map((y) => y.constructor.name);
                pairs.push({ dtype: options.dtype, types, both: both.map((y) => Array.from(y)) });
            }
        }
        return pairs;
    });
    const tolerances = { f16: 2 ** -9, bf16: 2 ** -6 };
    for (const { dtype, types, both } of pairs) {
        assert.equal(types[0], types[1]);
        const [ours, theirs] = dtype === 'bf16' ? both.map(numbersOf) : both;
        close(ours, theirs, tolerances[dtype] ?? 1e-5);
    }
});

test('the CPU refuses what the GPU refuses, in the same words', async () => {
    const refusals = await inPage(async () => {
        const { Cpu, Gpu, Lrn } = lrn;
        const calls = [
            (device) => device.layer(Lrn.caffe().size(4), [2, 3]),
            (device) => device.layer(Lrn.pytorch(5), [2, -3]),
            (device) => device.layer(Lrn.pytorch(5), 6),
            (device) => device.layer(Lrn.pytorch(5), [2, 3], { axes: [2] }),
            (device) => device.layer(Lrn.pytorch(5), [2, 3], { axes: [0, 1] }),
            (device) => device.layer(Lrn.pytorch(5), [2, 3], { groups: 2 }),
            (device) => device.layer(Lrn.pytorch(5), [2, 3], { dtype: 'f8' }),
            (device) => device.layer(Lrn.pytorch(5), [2, 3], { tuning: 'forward columns' }),
            (device) => device.layer(Lrn.pytorch(5).k(-1), [2, 3]),
            (device) => device.layer(Lrn.pytorch(5), [2, 3]).forward(new Float32Array(5)),
            (device) => device.layer(Lrn.pytorch(5), [2, 3]).forward(new Float64Array(6)),
            (device) => device.layer(Lrn.pytorch(5), [2, 3]).backward(new Float32Array(6), [1, 2, 3, 4, 5, 6]),
            (device) => device.layer(Lrn.pytorch(5), [2, 3]).backward(new Float32Array(6)),
            (device) => device.layer(Lrn.pytorch(5), [2, 3], { dtype: 'bf16' }).forward(new Float32Array(6)),
        ];
        const gpu = await Gpu.open();
        return Promise.all(calls.map((call) => Promise.all([gpu, Cpu].map((device) => refusal(() => call(device))))));
    });
    refusals.forEach(([ours, theirs], i) => {
        assert(ours, `call ${i} is not refused`);
        assert.deepEqual(theirs, ours);
    });
});

test('what is wrong is named', async () => {
    const refusals = await inPage(async () => {
        const { Gpu, Lrn } = lrn;
        const gpu = await Gpu.open();
        const layer = gpu.layer(Lrn.pytorch(5), [2, 3]);
        const calls = [
            () => Gpu.open('fast'),
            () => gpu.tune(Lrn.pytorch(5)),
            () => Lrn.convention('torch'),
            () => Lrn.pytorch(2.5),
            () => gpu.layer(Lrn.caffe().size(4), [2, 3]),
            () => gpu.layer(Lrn.pytorch(5), [2, -3]),
            () => gpu.layer(Lrn.pytorch(5), [2, 3], { axes: [2] }),
            () => gpu.layer(Lrn.pytorch(5), [2, 3], { dtype: 'f8' }),
            () => gpu.layer(Lrn.pytorch(5), [2, 3], { dtype: 'f64' }),
            () => layer.forward(new Float32Array(5)),
            () => layer.forward(new Float64Array(6)),
            () => layer.forward([1, 2, 3, 4, 5, 6]),
            () => layer.forwardInto(gpu.buffer(24), gpu.buffer(28)),
            () => gpu.layer(Lrn.pytorch(5), [2, 3], { tuning: 'forward columns' }),
            () => gpu.buffer(-4),
            () => gpu.buffer(2 ** 50),
        ];
        return Promise.all(calls.map(refusal));
    });
    const expected = [
        ['UnknownName', 'high-performance'],
        ['TypeError', 'undefined'],
        ['UnknownName', 'pytorch'],
        ['Parameter', '2.5'],
        ['EvenSize', '3 or 5'],
        ['Parameter', '-3'],
        ['Axis', 'rank 2'],
        ['UnknownName', 'bf16'],
        ['Feature', 'SHADER_F64'],
        ['Length', '5'],
        ['Dtype', 'Float64Array'],
        ['Dtype', 'Array'],
        ['BufferSize', '28'],
        ['UnknownName', 'column'],
        ['Parameter', '-4'],
        ['Limit', 'max_buffer_size'],
    ];
    refusals.forEach((refusal, i) => {
        assert.equal(refusal?.name, expected[i][0], JSON.stringify(refusal));
        assert(refusal.message.includes(expected[i][1]), refusal.message);
    });
});

test('an empty tensor compiles nothing', async () => {
    const [lengths, compiled] = await inPage(async () => {
        const gpu = await lrn.Gpu.open();
        let compiled = 0;
        gpu.device.createShaderModule = () => compiled++;
        const lengths = [];
        for (const [dims, axes] of [[[2, 0, 3], [1]], [[2, 5, 0], [-1]], [[0, 4], [1]]]) {
            const layer = gpu.layer(lrn.Lrn.pytorch(5), dims, { axes });
            await layer.prepare('backward');
            lengths.push((await layer.forward(new Float32Array(0))).length);
        }
        return [lengths, compiled];
    });
    assert.deepEqual([lengths, compiled], [[0, 0, 0], 0]);
});

test('each call destroys its buffers', async () => {
    const [created, destroyed] = await inPage(async () => {
        const gpu = await lrn.Gpu.open();
        const layer = gpu.layer(lrn.Lrn.pytorch(5), [1, 8, 4]);
        await layer.backward(waves(32), waves(32));
        let created = 0;
        let destroyed = 0;
        const { createBuffer } = gpu.device;
        gpu.device.createBuffer = function (descriptor) {
            created++;
            const buffer = createBuffer.call(this, descriptor);
            const { destroy } = buffer;
            buffer.destroy = function () {
                destroyed++;
                destroy.call(this);
            };
            return buffer;
        };
        for (let i = 0; i < 20; i++) await layer.backward(waves(32), waves(32));
        return [created, destroyed];
    });
    assert.equal(created, 80);
    assert.equal(destroyed, created);
});

/** Changes the source of every shader. */
const faults = {
    'bad WGSL': [/@compute/g, '@nonsense'],
    'too many invocations': [/@workgroup_size\([^)]*\)/g, '@workgroup_size(4096)'],
};

for (const [fault, [from, to]] of Object.entries(faults)) {
    test(`${fault} is an error, and is not remembered`, async () => {
        const { refusals, y } = await inPage(
            async ({ from, to }) => {
                const gpu = await lrn.Gpu.open();
                gpu.device.onuncapturederror = (event) => event.preventDefault();
                const layer = gpu.layer(lrn.Lrn.pytorch(5), [1, 8, 4]);
                const [a, b] = [gpu.buffer(layer.bytes), gpu.buffer(layer.bytes)];
                const { createShaderModule } = gpu.device;
                gpu.device.createShaderModule = function ({ code, ...rest }) {
                    const broken = code.replace(from, to);
                    if (broken === code) throw new Error('there is nothing to break');
                    return createShaderModule.call(this, { code: broken, ...rest });
                };
                const calls = [
                    () => layer.prepare('forward'),
                    () => layer.forward(waves(32)),
                    () => layer.forwardInto(a, b),
                    () => layer.forwardInto(a, a),
                    () => layer.forward(waves(32)),
                ];
                const refusals = [];
                for (const call of calls) refusals.push(await refusal(call));
                // The first uses of a layer, in place and not, and all at once.
                const fresh = gpu.layer(lrn.Lrn.pytorch(5), [1, 8, 4]);
                const atOnce = [() => fresh.forwardInto(a, b), () => fresh.forwardInto(a, a), () => fresh.prepare('forward')];
                refusals.push(...(await Promise.all(atOnce.map(refusal))));
                gpu.device.createShaderModule = createShaderModule;
                await Promise.all([fresh.forwardInto(a, b), fresh.forwardInto(a, a), fresh.prepare('forward')]);
                return { refusals, y: Array.from(await layer.forward(waves(32))) };
            },
            { argument: { from, to } },
        );
        refusals.forEach((refusal) => assert.equal(refusal?.name, "Gpu", JSON.stringify(refusals)));
        assert(y.some((value) => value !== 0));
    });
}

/** What a scope of a device catches, by its filter, and the error that it makes. */
const reports = {
    internal: ['GPUInternalError', 'Gpu', 'the compiler ran out of registers'],
    'out-of-memory': ['GPUOutOfMemoryError', 'OutOfMemory', 'out of memory'],
};

for (const [filter, [type, expected, words]] of Object.entries(reports)) {
    test(`what a scope catches is an error: ${filter}`, async () => {
        const refused = await inPage(
            async ([filter, type, words]) => {
                const gpu = await lrn.Gpu.open();
                const layer = gpu.layer(lrn.Lrn.pytorch(5), [1, 8, 4]);
                const { pushErrorScope, popErrorScope } = gpu.device;
                const filters = [];
                gpu.device.pushErrorScope = function (filter) {
                    filters.push(filter);
                    pushErrorScope.call(this, filter);
                };
                gpu.device.popErrorScope = async function () {
                    const is = filters.pop();
                    const error = await popErrorScope.call(this);
                    return is === filter ? new window[type](words) : error;
                };
                return refusal(() => layer.forward(waves(32)));
            },
            { argument: [filter, type, words] },
        );
        assert.equal(refused?.name, expected);
        assert(refused.message.includes(words), refused.message);
    });
}

// The largest buffer there may be is more than Chromium's adapter has in one piece. In Firefox it is 1 GiB, which
// lavapipe has.
if (name === 'chromium') {
    test('memory that is out is an error', async () => {
        const [refused, heard] = await inPage(async () => {
            const gpu = await lrn.Gpu.open();
            const heard = new Promise((resolve) => {
                gpu.device.onuncapturederror = (event) => {
                    event.preventDefault();
                    resolve(event.error.constructor.name);
                };
            });
            const layer = gpu.layer(lrn.Lrn.pytorch(5), [1, 8, 4]);
            await layer.prepare('forward');
            let short = () => true;
            const { createBuffer } = gpu.device;
            gpu.device.createBuffer = function (descriptor) {
                const { usage, size } = descriptor;
                const asked = short(usage) ? gpu.device.limits.maxBufferSize : size;
                return createBuffer.call(this, { ...descriptor, size: asked });
            };
            const operands = await refusal(() => layer.forward(waves(32)));
            short = (usage) => usage & GPUBufferUsage.MAP_READ;
            const staging = await refusal(() => layer.forward(waves(32)));
            short = () => true;
            gpu.buffer(16);
            gpu.device.queue.submit([]); // sends what the browser has gathered
            return [[operands, staging], await heard];
        });
        refused.forEach((refusal) => assert.equal(refusal?.name, 'OutOfMemory', JSON.stringify(refusal)));
        assert.equal(heard, 'GPUOutOfMemoryError');
    });
}

test('a lost device is told by every call that waits', async () => {
    const [atOnce, later] = await inPage(async () => {
        const gpu = await lrn.Gpu.open();
        const layer = gpu.layer(lrn.Lrn.pytorch(5), [1, 8, 4]);
        const [a, b] = [gpu.buffer(layer.bytes), gpu.buffer(layer.bytes)];
        await layer.prepare('forward');
        const running = refusal(() => layer.forward(waves(32)));
        gpu.device.destroy();
        const calls = [
            () => layer.forward(waves(32)),
            () => gpu.layer(lrn.Lrn.pytorch(3), [2, 4]).forward(waves(8)),
            () => layer.forwardInto(a, b),
            () => layer.prepare('forward'),
            () => gpu.layer(lrn.Lrn.pytorch(3), [0, 4]).prepare('forward'),
            () => layer.prepare('backward'),
        ];
        const atOnce = await Promise.all([running, ...calls.map(refusal)]);
        await gpu.device.lost;
        return [atOnce, await Promise.all(calls.map(refusal))];
    });
    later.forEach((refusal) => assert.equal(refusal?.name, 'DeviceLost', JSON.stringify(later)));
    // Firefox tells of the loss only after the errors that follow from it: there are no numbers meanwhile.
    const numbers = name === 'firefox' ? atOnce.slice(0, 3) : atOnce;
    const names = name === 'firefox' ? ['DeviceLost', 'Gpu'] : ['DeviceLost'];
    numbers.forEach((refusal) => assert(names.includes(refusal?.name), JSON.stringify(atOnce)));
});

test('no adapter, and no WebGPU', async () => {
    const open = () => refusal(() => lrn.Gpu.open());
    const withoutAdapter = () => navigator.gpu && (GPU.prototype.requestAdapter = async () => null);
    const withoutWebGpu = () => Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined });
    for (const before of [withoutAdapter, withoutWebGpu]) {
        const refused = await inPage(open, { before });
        assert.equal(refused?.name, 'NoAdapter', JSON.stringify(refused));
    }
});
