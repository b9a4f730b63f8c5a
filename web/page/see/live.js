// What runs on an engine: the layer of the controls, frames of the picture, and reads of the pixel.

import { makeLrn, showFormula } from './formula.js';
import { latest } from './latest.js';
import { strongest } from './network.js';

const MOST_FRAMES = 2;

export class Live {
  /** An engine begins with the picture, whatever it is asked for first. */
  #stale = new Set(['picture']);
  #asked = false;
  #inFlight = 0;
  /** Whether the engine has anything to read. */
  #isComputed = false;
  /** The numbers of the layer's formula, once there is a layer. */
  #parameters;

  constructor(engine, view) {
    this.engine = engine;
    this.view = view;
  }

  /** Takes the layer of the controls. What is refused is said beside them, and the last layer stays. */
  takeLayer = latest(async () => {
    const { controls } = this.view;
    const settings = controls.settings;
    try {
      const lrn = makeLrn(settings);
      await this.engine.setLayer(lrn);
      this.#parameters = lrn.parameters();
      controls.refuse('');
    } catch (error) {
      controls.refuse(error.message);
      return;
    }
    showFormula(this.view, this.#parameters, settings);
    this.ask('layer');
  });

  /** Asks for a frame. Stale is the `picture`, the `layer`'s results, or only which `maps` are drawn. */
  ask(...stale) {
    stale.forEach((what) => this.#stale.add(what));
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => {
      this.#asked = false;
      if (this.#isReady()) return this.#frame();
    });
  }

  #isReady() {
    const { live, picture, section } = this.view;
    return live === this && this.#parameters && picture.isTaken && !section.hidden && this.#inFlight < MOST_FRAMES;
  }

  async #frame() {
    const { picture, tempo } = this.view;
    const started = performance.now();
    this.#inFlight += 1;
    try {
      await Promise.all([this.#compute(), this.read()]);
      await this.engine.done();
    } finally {
      this.#inFlight -= 1;
    }
    tempo.frame(started, picture.isLive);
    if (this.#stale.size > 0) this.ask();
  }

  /** Submits all that is stale, and draws. */
  #compute() {
    const { engine, view: { controls, maps, picture, strip } } = this;
    const isNewPicture = this.#stale.has('picture');
    const isNewLayer = this.#stale.has('layer');
    this.#stale.clear();
    if (isNewPicture) {
      engine.activate(picture.canvas);
      strip.seeks ||= picture.takeNew();
    }
    const computed = isNewPicture || isNewLayer ? engine.normalize(controls.gradient) : undefined;
    maps.arrange(strip.channels, controls.gradient, engine);
    engine.draw(maps.drawn(controls.isOneScale));
    this.#isComputed = true;
    return computed;
  }

  /** Reads the pixel that is pointed at, and shows its channels and the peaks of the maps. */
  read = latest(async () => {
    if (!this.#isComputed) return;
    const { chart, maps, picture, pointing, strip } = this.view;
    const { pixel, channel } = pointing;
    const { seeks } = strip;
    const { channels, statistics } = await this.engine.read(pixel);
    if (seeks) strip.choose(strongest(statistics));
    maps.label(statistics);
    chart.show(channels, { pixel, channel, window: this.#parameters.windows[0], isLive: picture.isLive });
  });
}
