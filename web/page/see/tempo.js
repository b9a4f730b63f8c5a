// What computes, and how fast.

const device = document.getElementById('device');
const tempo = document.getElementById('tempo');

export class Tempo {
  #frames = [];

  name(name) {
    device.textContent = name;
  }

  /** A frame is done: of the camera, or after a change. */
  frame(started, isLive) {
    const now = performance.now();
    this.#frames = [...this.#frames.filter((done) => now - done < 1000), now];
    const [first] = this.#frames;
    const rate = ((this.#frames.length - 1) * 1000) / (now - first);
    const time = now - started;
    const lasted = `${time.toFixed(time < 10 ? 1 : 0)} ms per update`;
    tempo.textContent = `· ${isLive && rate > 0 ? `${rate.toFixed(0)} frames/s` : lasted}`;
  }
}
