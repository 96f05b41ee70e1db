// FID from 2 x 10,000 features of 2,048 in memory: our streaming statistics and Eigen against NumPy's covariance and SciPy's square
// root of a matrix, as pytorch-fid computes them. Two threads each, in turn; the distances must agree.
// `--rounds N` for another number of rounds.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FeatureStatistics, frechetDistance } from '@ggb/metrics/features';
import { philox } from '@ggb/native-ops/philox';
import { nativeStatistics } from '@ggb/native-ops/statistics';
import { printMeasurement } from '../tools/bench/measurement.mjs';
import { scipyPeerFolder, scipyPython } from './scipy-peer/environment.mjs';

const rows = 10_000;
const dimensions = 2048;
const threads = 2;
const roundsAt = process.argv.indexOf('--rounds');
const rounds = roundsAt < 0 ? 3 : Number(process.argv[roundsAt + 1]);

/** Sparse and correlated, as features after relu are: each mixes neighbours, so that the covariance is far from diagonal. */
function drawFeatures(seed: number, shift: number): Float32Array {
  const values = new Float32Array(rows * dimensions);
  for (let at = 0; at < values.length; at += 4) {
    const words = philox([at, 0, 0, 0], [seed, 0]);
    for (let i = 0; i < 4; i++) values[at + i] = (words[i] as number) / 2 ** 32;
  }
  for (let at = values.length - 1; at >= 8; at--) {
    let mixed = shift - 1.2;
    for (let back = 0; back < 8; back++) mixed += (values[at - back] as number) / (1 + back);
    values[at] = Math.max(0, mixed) * (0.2 + (at % 7) / 7);
  }
  return values;
}

const sets = [drawFeatures(1, 0), drawFeatures(2, 0.05)];
const engine = nativeStatistics({ threads });
const python = scipyPython();
const folder = mkdtempSync(join(tmpdir(), 'ggb-bench-fid-'));
try {
  const file = join(folder, 'features.f32');
  writeFileSync(file, Buffer.concat(sets.map(({ buffer }) => new Uint8Array(buffer))));
  const ours: number[] = [];
  const theirs: number[] = [];
  let versions: Record<string, string> = {};
  await compute();
  for (let round = 1; round <= rounds; round++) {
    const { seconds, value } = await compute();
    const peer = computePeer(file);
    versions = peer.versions;
    // As the specification asks of the same features.
    if (Math.abs(value / peer.value - 1) > 1e-5) throw new Error(`fid-statistics: ${value}, the peer ${peer.value}`);
    ours.push(seconds);
    theirs.push(...peer.seconds);
    console.log(
      `round ${round}: ours ${seconds.toFixed(2)} s, peer ${peer.seconds[0]?.toFixed(2)} s, distances ${value} and ${peer.value}`,
    );
  }
  console.log(
    `${engine.description}; fastest ${Math.min(...ours).toFixed(2)} s and ${Math.min(...theirs).toFixed(2)} s`,
  );
  printMeasurement({
    name: `FID from 2 x ${rows} features of ${dimensions}`,
    ours: 1 / median(ours),
    peer: 1 / median(theirs),
    peerName: `NumPy covariance and SciPy sqrtm as in pytorch-fid, ${threads} threads`,
    unit: 'distances/s',
    versions,
  });
} finally {
  rmSync(folder, { recursive: true });
}

async function compute(): Promise<{ seconds: number; value: number }> {
  const start = performance.now();
  const [real, generated] = sets.map((features) => {
    const statistics = new FeatureStatistics(dimensions, engine);
    statistics.add(features);
    return statistics.result();
  });
  const { value } = await frechetDistance(real as never, generated as never, engine);
  return { seconds: (performance.now() - start) / 1000, value };
}

function computePeer(file: string): { seconds: number[]; value: number; versions: Record<string, string> } {
  const script = join(scipyPeerFolder, 'frechet_distance.py');
  const result = spawnSync(python, [script, file, `${rows}`, `${dimensions}`, '1'], {
    encoding: 'utf8',
    env: { ...process.env, OPENBLAS_NUM_THREADS: `${threads}`, OMP_NUM_THREADS: `${threads}` },
  });
  if (result.status !== 0) throw new Error(`fid-statistics: the peer failed.\n${result.stderr}`);
  return JSON.parse(result.stdout);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}
