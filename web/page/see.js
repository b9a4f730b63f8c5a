// See it: a picture through the filters and the layer, live.

import { families, filters } from './page.js';
import { Chart } from './see/chart.js';
import { Controls } from './see/controls.js';
import { CpuEngine } from './see/cpu.js';
import { GpuEngine } from './see/gpu.js';
import { Live } from './see/live.js';
import { Maps } from './see/maps.js';
import { Picture } from './see/picture.js';
import { Pointing, placeInPicture } from './see/pointing.js';
import { Strip } from './see/strip.js';
import { Tempo } from './see/tempo.js';

let view;

/** Shows the section; gpu is null where there is none. Called again, with another, after the device was lost. */
export async function mount(section, gpu) {
  view ??= new View(section);
  await view.use(gpu ? await GpuEngine.open(gpu) : new CpuEngine());
}

/** What one sees and handles. What runs on a device is in `live`. */
class View {
  constructor(section) {
    const find = (id) => section.querySelector(`#${id}`);
    const channels = { filters: filters(), families: families() };
    this.section = section;
    this.formula = find('formula');
    this.placement = find('placement');
    this.tempo = new Tempo();
    this.chart = new Chart(find('chart'), find('reading'), channels.families);
    this.pointing = new Pointing(section, () => this.live?.read());
    this.pointing.add(find('photo'), placeInPicture);
    this.maps = new Maps(find('maps'), channels, this.pointing);
    this.strip = new Strip(find('strip'), find('strongest'), channels, () => this.live?.ask('maps'));
    this.controls = new Controls(find('controls'), {
      layer: () => this.live?.takeLayer(),
      maps: () => this.live?.ask('layer'),
    });
    this.picture = new Picture(section, () => this.live?.ask('picture'));
    window.addEventListener('hashchange', () => this.live?.ask());
    find('controls').addEventListener('change', () => this.remark());
    this.remark();
  }

  remark() {
    this.section.querySelector('#gradient-remark').hidden = !this.controls.gradient;
  }

  /** Computes with this engine from now on, until it is lost. */
  async use(engine) {
    const live = new Live(engine, this);
    this.live = live;
    engine.lost.then(() => {
      if (this.live === live) this.live = undefined;
    });
    this.tempo.name(engine.name);
    await live.takeLayer();
    if (!this.picture.isTaken) await this.picture.showPhoto();
    live.ask('picture');
  }
}
