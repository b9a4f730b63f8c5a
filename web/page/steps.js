// Steps that take long: one after the other, with progress, until they end or are cancelled.

/** How long the page may wait for a frame between two steps: a hidden one has none. */
const FRAME = 100;

const DONE = 'Done.';

/** Those that run: others would disturb what they measure. */
let running;

/** A button that starts and cancels, and how far the steps are. */
export class Steps {
  #cancelled = false;

  /** Calls `start` when the button is pressed. */
  constructor(section, start) {
    const find = (name) => section.querySelector(`.steps ${name}`);
    Object.assign(this, { button: find('button'), bar: find('progress') });
    Object.assign(this, { status: find('[role=status]'), text: find('.progress-text') });
    this.label = this.button.textContent;
    this.button.addEventListener('click', () => this.#press(start));
  }

  #press(start) {
    if (running === this) return this.#cancel();
    if (running) return this.say(`“${running.label}” is still running. Cancel it first.`);
    return start();
  }

  #cancel() {
    this.#cancelled = true;
    this.say('Cancelling, once this step ends…');
  }

  /** Says what a screen reader should announce too. */
  say(text) {
    this.status.textContent = text;
  }

  /** Runs `step(i)` for each i below `count`, which `name(i)` tells. Says how it ended; true where all is done. */
  async run(gpu, count, name, step) {
    this.#begin(count);
    const ended = await this.#all(gpu, count, name, step);
    this.#end();
    this.say(ended);
    return ended === DONE;
  }

  async #all(gpu, count, name, step) {
    // A step on a device that is lost may never end.
    const lost = gpu.device.lost.then(({ message }) => `The GPU was lost, so this ended early. ${message}`);
    const started = performance.now();
    try {
      for (let done = 0; done < count && !this.#cancelled; done += 1) {
        this.bar.value = done;
        const lasts = lasting(performance.now() - started, done, count);
        this.text.textContent = `${done + 1} of ${count}: ${name(done)}${lasts}`;
        await painted();
        const ended = await Promise.race([lost, step(done)]);
        if (ended) return ended;
      }
    } catch (error) {
      return `An error ended this: ${error.message}`;
    }
    return this.#cancelled ? 'Cancelled.' : DONE;
  }

  #begin(count) {
    this.#cancelled = false;
    running = this;
    this.button.textContent = 'Cancel';
    this.say('Running.');
    Object.assign(this.bar, { hidden: false, max: count, value: 0 });
  }

  #end() {
    running = undefined;
    this.button.textContent = this.label;
    this.text.textContent = '';
    this.bar.hidden = true;
  }
}

/** How long it takes so far, and is about to take still. */
function lasting(elapsed, done, count) {
  if (done === 0) return '';
  return ` · ${duration(elapsed)} so far, about ${duration((elapsed / done) * (count - done))} to go`;
}

export function duration(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 100 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

/** Lets the browser draw and answer its visitor. */
function painted() {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
    setTimeout(resolve, FRAME);
  });
}
