// 8-bit RGB images of 256 pixels, one thread: scoreImageBatch against scikit-image, set by set in turn, so that a busy
// machine slows both alike. Compared are the fastest of the rounds. Ours is the whole call from JavaScript.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SsimProtocol, ssim } from '@ggb/metrics';
import { scoreImageBatch } from '@ggb/native-ops/node';
import { printMeasurement } from '../../tools/bench/measurement.mjs';
import { imagePairs } from './image-pairs.ts';
import { SsimPeerProcess } from './ssim-peer-process.ts';

const count = 20;
const size = 256;
const rounds = 12;
/** Our calls are so short that one after another would see the machine in one state only: several between two of the peer. */
const ourCalls = 10;

export async function compareImages(name: string, protocol: SsimProtocol, options: Record<string, unknown>) {
  const { real, generated } = imagePairs(count, size);
  const folder = mkdtempSync(join(tmpdir(), 'ggb-ssim-'));
  const peer = new SsimPeerProcess(1);
  try {
    const file = join(folder, 'pairs.raw');
    writeFileSync(file, Buffer.concat([real, generated]));
    const versions = await peer.versions();
    await peer.prepare('skimage', { file, count, size, options });
    const batch = { real, generated, count, height: size, width: size };
    let [ours, theirs] = [Infinity, Infinity];
    let scores = new Float64Array();
    let peerScores: number[] = [];
    for (let round = 0; round < rounds; round++) {
      for (let call = 0; call < ourCalls; call++) {
        const start = performance.now();
        scores = scoreImageBatch(batch, { ...protocol, dataRange: 255 }, 1) as Float64Array<ArrayBuffer>;
        ours = Math.min(ours, (performance.now() - start) / 1000);
      }
      const { seconds, values } = await peer.measure<number[]>();
      theirs = Math.min(theirs, seconds);
      peerScores = values;
    }
    const length = size * size * 3;
    const image = (pixels: Uint8Array, i: number) => ({
      data: pixels.subarray(i * length, (i + 1) * length),
      width: size,
      height: size,
    });
    const exact = Array.from(scores, (_, i) => ssim(image(real, i), image(generated, i), protocol));
    const largest = (others: readonly number[]) =>
      Math.max(...others.map((other, i) => Math.abs(other - (scores[i] as number))));
    const [error, difference] = [largest(exact), largest(peerScores)];
    console.log(
      `error against float64 ${error.toExponential(1)}, difference to scikit-image ${difference.toExponential(1)}`,
    );
    if (!(error <= 1e-6 && difference <= 1e-6)) throw new Error(`${name}: the scores differ by more than 1e-6`);
    printMeasurement({
      name,
      ours: count / ours,
      peer: count / theirs,
      peerName: `scikit-image ${versions['scikit-image']}, one thread, memory settings tuned`,
      unit: 'pairs/s',
      versions: {
        'scikit-image': versions['scikit-image'] ?? '',
        numpy: versions.numpy ?? '',
        scipy: versions.scipy ?? '',
      },
    });
  } finally {
    peer.close();
    rmSync(folder, { recursive: true });
  }
}
