// Where the picture comes from: the photo, an image of the visitor's, or the camera.

import { PICTURE } from './network.js';

const PHOTO = new URL('../photo.png', import.meta.url);

export class Picture {
  isTaken = false;
  isLive = false;
  #isNew = false;
  #turn = 0;

  /** Calls `changed` whenever the canvas holds another picture. */
  constructor(section, changed) {
    Object.assign(this, { section, changed });
    this.canvas = section.querySelector('#photo canvas');
    this.context = this.canvas.getContext('2d', { alpha: false });
    this.context.imageSmoothingQuality = 'high';
    this.cameraButton = section.querySelector('#camera-button');
    this.cameraButton.addEventListener('click', () => (this.isLive ? this.#stop() : this.#startCamera()));
    section.querySelector('#photo-button').addEventListener('click', () => this.showPhoto());
    section.querySelector('#file').addEventListener('change', ({ target }) => this.#showChosen(target));
    window.addEventListener('hashchange', () => section.hidden && this.#stop());
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
    await this.#show(photo());
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

  /** Shows an image, unless another picture is asked for before it is decoded. */
  async #show(blob) {
    const turn = this.#begin();
    const image = await createImageBitmap(await blob);
    if (turn === this.#turn) {
      this.#stop();
      this.#isNew = true;
      this.#draw(image, image.width, image.height);
    }
    image.close();
  }

  /** Begins another picture: those that are still on their way are too late. */
  #begin() {
    this.#turn += 1;
    return this.#turn;
  }

  /** Meanwhile the button is disabled, as a second click would open the camera twice. */
  async #startCamera() {
    this.cameraButton.disabled = true;
    try {
      this.#showCamera(await camera());
    } finally {
      this.cameraButton.disabled = false;
    }
  }

  #showCamera(video) {
    if (this.section.hidden) return end(video);
    this.#begin();
    this.video = video;
    this.#isNew = true;
    this.#setLive(true);
    this.#follow(video);
  }

  #follow(video) {
    video.requestVideoFrameCallback(() => {
      if (video !== this.video) return;
      this.#draw(video, video.videoWidth, video.videoHeight);
      this.#follow(video);
    });
  }

  #stop() {
    if (this.video) end(this.video);
    this.video = undefined;
    this.#setLive(false);
  }

  #setLive(isLive) {
    this.isLive = isLive;
    this.cameraButton.setAttribute('aria-pressed', isLive);
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

async function photo() {
  const response = await fetch(PHOTO);
  if (!response.ok) throw new Error(`The photo was not found (${response.status}).`);
  return response.blob();
}

/** What the camera sees, once it runs. */
async function camera() {
  if (!navigator.mediaDevices) throw new Error('This browser offers no camera to this page.');
  const srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
  const video = Object.assign(document.createElement('video'), { srcObject, muted: true, playsInline: true });
  try {
    await video.play();
  } catch (error) {
    end(video);
    throw error;
  }
  return video;
}

function end(video) {
  video.srcObject.getTracks().forEach((track) => track.stop());
}
