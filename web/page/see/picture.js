// Where the picture comes from: the photo, an image of the visitor's, or the camera.

import { PICTURE } from './network.js';

const PHOTO = new URL('../photo.png', import.meta.url);

export class Picture {
  isTaken = false;
  isLive = false;
  #isNew = false;

  /** Calls `changed` whenever the canvas holds another picture. */
  constructor(section, changed) {
    this.changed = changed;
    this.canvas = section.querySelector('#photo canvas');
    this.context = this.canvas.getContext('2d', { alpha: false });
    this.context.imageSmoothingQuality = 'high';
    this.cameraButton = section.querySelector('#camera-button');
    this.cameraButton.addEventListener('click', () => (this.isLive ? this.#stop() : this.#startCamera()));
    section.querySelector('#photo-button').addEventListener('click', () => this.showPhoto());
    section.querySelector('#file').addEventListener('change', ({ target }) => this.#showChosen(target));
    document.addEventListener('paste', ({ clipboardData }) => this.#showFirst(clipboardData.files));
    document.addEventListener('dragover', (event) => event.preventDefault());
    document.addEventListener('drop', (event) => {
      event.preventDefault();
      return this.#showFirst(event.dataTransfer.files);
    });
  }

  /** Whether this picture is another than the last, and not the next one of the camera. Says so once. */
  takeNew() {
    const isNew = this.#isNew;
    this.#isNew = false;
    return isNew;
  }

  async showPhoto() {
    const response = await fetch(PHOTO);
    if (!response.ok) throw new Error(`The photo was not found (${response.status}).`);
    await this.#show(await response.blob());
  }

  /** Clears the choice, so that the same file can be chosen again. */
  async #showChosen(chooser) {
    const files = [...chooser.files];
    chooser.value = '';
    await this.#showFirst(files);
  }

  async #showFirst(files) {
    const image = [...files].find(({ type }) => type.startsWith('image/'));
    if (image) await this.#show(image);
  }

  async #show(blob) {
    const image = await createImageBitmap(blob);
    this.#stop();
    this.#isNew = true;
    this.#draw(image, image.width, image.height);
    image.close();
  }

  async #startCamera() {
    if (!navigator.mediaDevices) throw new Error('This browser offers no camera to this page.');
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
    this.video = Object.assign(document.createElement('video'), { srcObject: stream, muted: true, playsInline: true });
    await this.video.play();
    this.#isNew = true;
    this.#setLive(true);
    this.#follow(this.video);
  }

  #follow(video) {
    video.requestVideoFrameCallback(() => {
      if (video !== this.video) return;
      this.#draw(video, video.videoWidth, video.videoHeight);
      this.#follow(video);
    });
  }

  #stop() {
    this.video?.srcObject.getTracks().forEach((track) => track.stop());
    this.video = undefined;
    this.#setLive(false);
  }

  #setLive(isLive) {
    this.isLive = isLive;
    this.cameraButton.setAttribute('aria-pressed', isLive);
    this.cameraButton.textContent = isLive ? 'Stop' : 'Camera';
  }

  /** Draws the square about the centre. */
  #draw(image, width, height) {
    const side = Math.min(width, height);
    const [left, top] = [(width - side) / 2, (height - side) / 2];
    this.context.drawImage(image, left, top, side, side, 0, 0, PICTURE, PICTURE);
    this.isTaken = true;
    this.changed();
  }
}
