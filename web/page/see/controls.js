// The controls of the layer, and of what is shown.

import { Lrn } from '../page.js';
import { NORM1, STRONG_ALPHA } from './network.js';
import { number } from './number.js';

const NAMES = {
  pytorch: 'PyTorch', onnx: 'ONNX', caffe: 'Caffe', cudnn: 'cuDNN', onednn: 'oneDNN', openvino: 'OpenVINO',
  tensorflow: 'TensorFlow', paper: 'AlexNet paper', krizhevsky: 'Krizhevsky’s program',
};

/** Those that people know. `formula` is this library's own name for the numbers of the formula. */
function conventions() {
  return Lrn.conventions().filter((name) => name !== 'formula');
}

export class Controls {
  /** Calls `changed.layer` for another layer, `changed.maps` for another view of it. */
  constructor(form, changed) {
    this.form = form;
    this.fields = form.elements;
    this.changed = changed;
    this.fields.convention.append(...conventions().map((name) => new Option(NAMES[name] ?? name, name)));
    this.#set(NORM1);
    form.addEventListener('input', ({ target }) => (target.type === 'checkbox' ? changed.maps() : this.#change()));
    this.fields.network.addEventListener('click', () => this.#change(NORM1));
    this.fields.strong.addEventListener('click', () => this.#change({ ...NORM1, alpha: STRONG_ALPHA }));
  }

  get settings() {
    const { convention, size, alpha, beta, k } = this.fields;
    return {
      convention: convention.value,
      size: Number(size.value),
      alpha: Number((10 ** alpha.value).toPrecision(3)),
      beta: Number(beta.value),
      k: Number(k.value),
    };
  }

  get gradient() {
    return this.fields.gradient.checked;
  }

  get isOneScale() {
    return this.fields['one-scale'].checked;
  }

  /** Says why the settings are refused; empty where they are not. */
  refuse(why) {
    const refusal = this.form.querySelector('#refusal');
    refusal.textContent = why;
    refusal.hidden = !why;
    this.fields.size.setAttribute('aria-invalid', Boolean(why));
  }

  #change(settings = this.settings) {
    this.#set(settings);
    this.changed.layer();
  }

  #set(settings) {
    Object.entries(settings).forEach(([name, value]) => {
      const field = this.fields[name];
      field.value = name === 'alpha' ? Math.log10(value) : value;
      const output = this.form.querySelector(`output[for=${name}]`);
      if (output) output.value = number(value);
    });
  }
}
