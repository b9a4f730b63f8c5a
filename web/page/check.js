// Check it: whether the layer is right on this machine.

import { Checks } from './page.js';
import { Outcome } from './check/outcome.js';
import { reportText } from './check/report.js';
import { Steps } from './steps.js';

const CONTENT = `
<link rel="stylesheet" href="steps.css">
<link rel="stylesheet" href="check.css">
<p>
  Every kernel of the library, for f32, fast and exact, f16 and bf16, on the tensors and layers that the library’s own
  tests use: large and small, odd and even, channels first and last, windows of every kind, with ReLU, scale and blend,
  in place, and with numbers near the ends of their range, infinities and NaN. Each result is compared with the formula
  in f64, computed by the CPU.
</p>
<form>
  <fieldset><legend>How much</legend>
    <div>
      <label><input type="radio" name="extent" value="quick" checked> <span id="quick-extent">Quick</span></label>
      <label><input type="radio" name="extent" value="all"> <span id="all-extent">All</span></label>
    </div>
  </fieldset>
</form>
<div class="steps">
  <button type="button">Check</button>
  <progress hidden aria-label="Progress of the checks"></progress>
  <p><span role="status"></span> <span class="progress-text"></span></p>
</div>
<div id="outcome" class="outcome" hidden>
  <p id="verdict"></p>
  <div class="scroll"><table id="errors"></table></div>
  <p class="faint">
    The largest error, in units of what the arithmetic of that type may err by: at most 1 is right. Types of 16 bits come
    close to it by their own rounding. Beneath it, the number of runs.
  </p>
  <div id="failures" hidden><h3>What is wrong</h3><ul></ul></div>
  <div class="buttons"><button type="button" id="copy">Copy the report</button></div>
  <label id="report" hidden>
    The report, selected to be copied by hand:
    <textarea readonly rows="12" spellcheck="false"></textarea>
  </label>
</div>`;

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
    this.steps = new Steps(section, () => this.#check());
    this.outcome = new Outcome(this.find('#outcome'));
    this.find('#copy').addEventListener('click', () => this.#copy());
  }

  /** Checks this GPU from now on. */
  use(gpu) {
    this.gpu = gpu;
    this.find('form').hidden = this.steps.button.hidden = !gpu;
    if (!gpu) return this.steps.say('There is no GPU to check.');
    this.checks = new Checks(gpu);
    this.quick = [...this.checks.quick()];
    this.find('#quick-extent').textContent = `Quick: ${this.quick.length} runs, one of each kind, on small tensors`;
    this.find('#all-extent').textContent = `All ${this.checks.length.toLocaleString('en')} runs`;
    this.steps.say(gpu.isFallback ? `${gpu.name} computes on the CPU, where a run may take seconds.` : '');
  }

  async #check() {
    const { checks, gpu, outcome, quick, steps } = this;
    const isQuick = this.find('form').elements.extent.value === 'quick';
    const numbers = isQuick ? quick : Array.from({ length: checks.length }, (_, number) => number);
    outcome.begin(gpu.name, numbers.length);
    await steps.run(gpu, numbers.length, (i) => checks.label(numbers[i]), async (i) => {
      outcome.add(await checks.run(numbers[i]));
    });
  }

  /** Copies the report; where the browser does not let it, shows it to be copied by hand. */
  async #copy() {
    const text = reportText(this.outcome);
    try {
      await navigator.clipboard.writeText(text);
      this.steps.say('The report is in the clipboard.');
    } catch (error) {
      this.#showReport(text);
      this.steps.say(`The browser did not copy it (${error.message}). It is shown below the button.`);
    }
  }

  #showReport(text) {
    const field = this.find('#report textarea');
    this.find('#report').hidden = false;
    field.value = text;
    field.focus();
    field.select();
  }
}
