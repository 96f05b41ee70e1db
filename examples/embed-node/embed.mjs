// The smallest program with a Synthesizer in it: a checkpoint, a picture and a pose give a PNG.
//
//   node examples/embed-node/embed.mjs --pose 2 --out out.png
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { Synthesizer } from '@ggb/core';
import '@ggb/native-ops/node'; // the backend native-cpu; without this line TensorFlow.js's own runs, more slowly
import sharp from 'sharp';

const { values: options } = parseArgs({
  options: {
    checkpoint: { type: 'string', default: 'examples/figures-64.safetensors' },
    image: { type: 'string', default: 'examples/figure-64.png' },
    poses: { type: 'string', default: 'examples/poses-64.json' },
    pose: { type: 'string', default: '1' },
    out: { type: 'string', default: 'out.png' },
  },
});

const synthesizer = await Synthesizer.load(options.checkpoint);
const { imageSize, parameters, backend, backendReason } = synthesizer.info;
console.log(`${imageSize} pixels, ${parameters} weights, on ${backend} (${backendReason})`);

const source = await sharp(options.image).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
const { keypoints } = JSON.parse(await readFile(options.poses, 'utf8'))[Number(options.pose)];

const start = performance.now();
const { data, ...raw } = await synthesizer.synthesize({ image: { data: source.data, ...source.info }, keypoints });
console.log(`${options.out}: ${(performance.now() - start).toFixed(0)} ms`);

await sharp(data, { raw }).png().toFile(options.out);
synthesizer.dispose();
