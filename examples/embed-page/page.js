// A Synthesizer in a page, on TensorFlow.js's wasm backend. The slider moves between poses; joints move in straight lines.
import { Synthesizer } from '@ggb/core';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

/** @typedef {import('@ggb/core').Keypoints} Keypoints */

const source = /** @type {HTMLCanvasElement} */ (document.getElementById('source'));
const output = /** @type {HTMLCanvasElement} */ (document.getElementById('output'));
const slider = /** @type {HTMLInputElement} */ (document.getElementById('pose'));
const name = /** @type {HTMLOutputElement} */ (document.getElementById('name'));
const status = /** @type {HTMLElement} */ (document.getElementById('status'));

// All files lie beside the page; build.mjs puts them there.
const beside = (/** @type {string} */ file) => new URL(file, document.baseURI);
setWasmPaths(beside('./').href);

const synthesizer = await Synthesizer.load(beside('model.safetensors'), { backend: 'wasm' });
const { imageSize, parameters, backend } = synthesizer.info;
for (const canvas of [source, output]) canvas.width = canvas.height = imageSize;

/** @type {{ name: string, keypoints: Keypoints }[]} */
const poses = await (await fetch(beside('poses.json'))).json();
slider.max = String(poses.length - 1);

const picture = await (await fetch(beside('figure.png'))).blob();
const sourceContext = /** @type {CanvasRenderingContext2D} */ (source.getContext('2d', { willReadFrequently: true }));
// As they are in the file: the model was trained on bytes, not on what a screen makes of them.
sourceContext.drawImage(await createImageBitmap(picture, { colorSpaceConversion: 'none' }), 0, 0);
const image = sourceContext.getImageData(0, 0, imageSize, imageSize);

/** @type {AbortController | undefined} */
let underWay;

async function draw() {
  // Who drags the slider wants the last pose, not all on the way there.
  underWay?.abort();
  underWay = new AbortController();
  const { signal } = underWay;
  const position = Number(slider.value);
  status.textContent = 'drawing';
  name.textContent = poses[Math.round(position)]?.name ?? '';
  const start = performance.now();
  try {
    const drawn = await synthesizer.synthesize({ image, keypoints: poseAt(position) }, { signal });
    output.getContext('2d')?.putImageData(new ImageData(drawn.data, drawn.width, drawn.height), 0, 0);
    const milliseconds = (performance.now() - start).toFixed(0);
    status.textContent = `drawn in ${milliseconds} ms: ${imageSize} pixels, ${parameters} weights, on ${backend}`;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/**
 * The pose at a place of the slider: between two of the list, joints that both have are on the line between them.
 *
 * @param {number} position
 * @returns {Keypoints}
 */
function poseAt(position) {
  const from = poses[Math.floor(position)]?.keypoints ?? [];
  const to = poses[Math.ceil(position)]?.keypoints ?? from;
  const share = position - Math.floor(position);
  return from.map((start, i) => {
    const end = to[i];
    if (!start || !end) return share < 0.5 ? start : (end ?? null);
    return [start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])];
  });
}

slider.addEventListener('input', draw);
await draw();
