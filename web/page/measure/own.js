// This library's layer, as a page uses it.

import { Lrn } from '../page.js';

/** The layer of a network on values, which are channels-last. */
export class OwnLayer {
  submitted = [];

  constructor(gpu, { windows: [[radius]], a, beta, k }, dims, values) {
    const lrn = Lrn.tensorflow().radius(radius).alpha(a).beta(beta).k(k);
    this.layer = gpu.layer(lrn, dims, { axes: [-1] });
    this.queue = gpu.device.queue;
    this.values = values;
    this.operands = [gpu.buffer(this.layer.bytes), gpu.buffer(this.layer.bytes)];
    this.queue.writeBuffer(this.operands[0].buffer, 0, values);
  }

  result() {
    return this.layer.forward(this.values);
  }

  submit() {
    this.submitted.push(this.layer.forwardInto(...this.operands));
  }

  async done() {
    const submitted = this.submitted.splice(0);
    await Promise.all([...submitted, this.queue.onSubmittedWorkDone()]);
  }

  destroy() {
    this.operands.forEach((operand) => operand.destroy());
  }
}
