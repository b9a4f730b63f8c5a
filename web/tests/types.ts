// What TypeScript must accept of the package.
import init, { Cpu, Gpu, Lrn, type Parameters, type Values } from 'wgpu-lrn-web';

await init();
const gpu: Gpu = await Gpu.open('low-power');
const lrn: Lrn = Lrn.pytorch(5).alpha(1e-3).relu().blended(2, 0.5).exact();
const parameters: Parameters = lrn.parameters();
const [behind, ahead]: [number, number] = parameters.windows[0];
const layer = gpu.layer(lrn, [1, 96, 55, 55], { axes: [-1], groups: 2, dtype: 'f16' });
const y: Values = await layer.forward(new Float32Array(behind + ahead));
const operand = gpu.buffer(layer.bytes);
const buffer: GPUBuffer = operand.buffer;
const device: GPUDevice = gpu.device;
await layer.forwardInto(operand, operand);
const kernel: string = await layer.prepare('backward');
const either: Gpu | typeof Cpu = await Gpu.open().catch(() => Cpu);
const z: Values = await either.layer(lrn, [1, 96, 55, 55]).backward(new Float32Array(1), new Float32Array(1));
const sums: Values = Cpu.layer(lrn, [2, 3], { dtype: 'f64' }).squareSums(new Float64Array(6));
// @ts-expect-error: there is no such dtype.
Cpu.layer(lrn, [1], { dtype: 'f8' });
// @ts-expect-error: a layer is made by Cpu.layer.
new Cpu();
// @ts-expect-error: there is no such dtype.
gpu.layer(lrn, [1], { dtype: 'f8' });
// @ts-expect-error: there is no such operation.
await layer.prepare('sideways');
console.log(y.length + z.length + sums.length, buffer.size, device.label, kernel);
