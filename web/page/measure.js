// Measure it: how fast the layer is on this machine, beside a copy of the same bytes.

import { Measuring } from './page.js';
import { takeFiles, download } from './measure/files.js';
import { Choice } from './measure/choice.js';
import { Results } from './measure/results.js';
import { Versus } from './measure/versus.js';
import { Steps } from './steps.js';

const CONTENT = `
<link rel="stylesheet" href="steps.css">
<link rel="stylesheet" href="measure.css">
<p>
  The layer moves bytes: forward reads <i>x</i> and writes <i>y</i>, backward reads <i>x</i> and <i>dy</i> and writes
  <i>dx</i>. So a kernel is as good as the share of a copy’s speed that it reaches on the same bytes: 1 is a copy.
</p>
<form aria-label="What to measure"></form>
<div class="steps">
  <button type="button">Measure</button>
  <progress hidden aria-label="Progress of the measurements"></progress>
  <p><span role="status"></span> <span class="progress-text"></span></p>
</div>
<div class="buttons">
  <button type="button" id="download" disabled>Download the numbers</button>
  <label class="button">Compare with files…<input type="file" id="others" accept=".json,application/json" multiple></label>
  <button type="button" id="forget" hidden>Remove the files</button>
</div>
<p id="file-error" class="refusal" role="alert" hidden></p>
<div id="results" class="results" hidden></div>
<div id="versus" class="versus"></div>`;

let view;

/** Fills the section; gpu is null where there is none. Called again with another after the device was lost. */
export async function mount(section, gpu) {
  view ??= new View(section);
  view.use(gpu);
}

class View {
  constructor(section) {
    section.classList.add('work');
    section.innerHTML = CONTENT;
    this.find = (selector) => section.querySelector(selector);
    this.choice = new Choice(this.find('form'));
    this.steps = new Steps(section, () => this.#measure());
    this.results = new Results(this.find('#results'));
    this.versus = new Versus(this.find('#versus'), this.choice);
    this.find('#download').addEventListener('click', () => download(this.report));
    this.find('#forget').addEventListener('click', () => this.#forget());
    takeFiles(section, this.find('#others'), (adapters) => this.#compare(adapters), (why) => this.#refuse(why));
  }

  /** Measures this GPU from now on. */
  use(gpu) {
    this.gpu = gpu;
    this.find('form').hidden = this.steps.button.hidden = this.find('#download').hidden = !gpu;
    this.versus.use(gpu);
    if (!gpu) return this.steps.say('There is no GPU to measure. Files of other machines can be shown.');
    this.choice.suggest(gpu);
    this.steps.say(gpu.isFallback ? `${gpu.name} computes on the CPU: its times say nothing of GPUs.` : '');
  }

  async #measure() {
    const { choice, gpu, results, steps } = this;
    const { networks, batches, dtypes, precisions } = choice;
    if (choice.isEmpty) return steps.say('Choose at least one of each line.');
    const measuring = new Measuring(gpu, networks, batches, dtypes, precisions);
    results.begin(gpu);
    this.#keep(undefined);
    await steps.run(gpu, measuring.length, (i) => measuring.label(i), async (i) => {
      const { measurements, remarks } = JSON.parse(await measuring.run(i));
      results.add(measurements, remarks.map((remark) => `${measuring.label(i)}: ${remark}`), measuring.clock);
      this.#keep(measuring.report());
    });
  }

  /** Keeps the report as it is between two steps: none can be made while one runs. */
  #keep(report) {
    this.report = report;
    this.find('#download').disabled = !report;
  }

  #compare(adapters) {
    this.#refuse('');
    this.results.compare(adapters);
    this.find('#forget').hidden = false;
  }

  #forget() {
    this.results.forget();
    this.find('#forget').hidden = true;
  }

  #refuse(why) {
    const error = this.find('#file-error');
    error.hidden = !why;
    error.textContent = why;
  }
}
