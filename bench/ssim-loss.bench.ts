// SSIM as a loss: value and gradient by one of the images, batch 8, float32, 256 pixels, against pytorch-msssim's fastest of
// eager, channels_last and compiled. In turn, the fastest of the rounds. The bar: 20 times.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nativeBackend } from '@ggb/native-ops/node';
import { ssimLoss } from '@ggb/native-ops/ops';
import * as tf from '@ggb/native-ops/tf';
import { printMeasurement } from '../tools/bench/measurement.mjs';
import { imagePairs } from './ssim/image-pairs.ts';
import { SsimPeerProcess } from './ssim/ssim-peer-process.ts';

const batch = 8;
const size = 256;
const rounds = 8;
const backend = nativeBackend();
const { threads } = backend.description;
const { real, generated } = imagePairs(batch, size);
const [x, y] = [generated, real].map((pixels) => Float32Array.from(pixels, (value) => value / 255)) as [
  Float32Array,
  Float32Array,
];
const shape: [number, number, number, number] = [batch, size, size, 3];
const [a, b] = [tf.tensor4d(x, shape), tf.tensor4d(y, shape)];
const lossAndGradient = tf.valueAndGrad((image: tf.Tensor) => ssimLoss(image as tf.Tensor4D, b));

const folder = mkdtempSync(join(tmpdir(), 'ggb-ssim-'));
const peer = new SsimPeerProcess(threads);
try {
  const file = join(folder, 'images.raw');
  writeFileSync(file, Buffer.concat([x, y].map(({ buffer }) => Buffer.from(buffer))));
  const versions = await peer.versions();
  let ours = Infinity;
  let loss = 0;
  const measureOurs = () => {
    const start = performance.now();
    const { value, grad } = lossAndGradient(a);
    backend.flush();
    ours = Math.min(ours, (performance.now() - start) / 1000);
    loss = value.dataSync()[0] as number;
    tf.dispose([value, grad]);
  };
  const peers: { variant: string; seconds: number }[] = [];
  for (const variant of ['eager', 'channelsLast', 'compiled']) {
    try {
      await peer.prepare('msssim', { file, batch, size, threads, variant });
    } catch (error) {
      console.log(`${variant}: left out: ${error instanceof Error ? error.message.slice(0, 200) : error}`);
      continue;
    }
    let fastest = Infinity;
    for (let round = 0; round < rounds; round++) {
      for (let call = 0; call < 5; call++) measureOurs();
      const { seconds, values } = await peer.measure<number>();
      fastest = Math.min(fastest, seconds);
      // pytorch-msssim makes its window in float32, and is itself 1e-5 from float64.
      if (!(Math.abs(values - loss) < 3e-5)) throw new Error(`ssim-loss: ours ${loss}, ${variant} ${values}`);
    }
    peers.push({ variant, seconds: fastest });
    console.log(`${variant}: ${(1000 * fastest).toFixed(1)} ms; ours ${(1000 * ours).toFixed(2)} ms`);
  }
  const best = peers.reduce((one, other) => (other.seconds < one.seconds ? other : one));
  printMeasurement({
    name: `SSIM loss and gradient, batch ${batch}, ${size} px RGB float32, ${threads} threads`,
    ours: batch / ours,
    peer: batch / best.seconds,
    peerName: `pytorch-msssim ${versions['pytorch-msssim']}, ${best.variant}`,
    unit: 'pairs/s',
    versions: {
      torch: versions.torch ?? '',
      'pytorch-msssim': versions['pytorch-msssim'] ?? '',
      tfjs: tf.version_core,
    },
  });
} finally {
  peer.close();
  rmSync(folder, { recursive: true });
}
