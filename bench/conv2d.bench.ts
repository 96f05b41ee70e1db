// conv2d 64x64x64 -> 128, 4x4, stride 2, batch 8: tf.conv2d on native-cpu against oneDNN's own kernel time.
//
// Both run in one process, on the same threads, one call of each in turn, so that a busy machine slows both alike. Ours is
// everything from the call of TF.js's function to the finished result, with the filter in HWIO and images in NHWC; the peer
// is the bare primitive with every layout of the library's choice in place (conv2d.peer.cc). Compared are the fastest of
// 60 runs each: what other programs add to a run is not the kernel's. The bar: ratio at least 0.87, ours within 15 % of
// the peer's time.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { nativeBackend } from '@ggb/native-ops/node';
import * as tf from '@ggb/native-ops/tf';
import { printMeasurement } from '../tools/bench/measurement.mjs';

interface Peer {
  readonly implementation: string;
  run(): number;
}

type Pass = 'forward' | 'inputGradient' | 'filterGradient';

const rounds = 60;
const warmUp = 15;
const x = [8, 64, 64, 64] as [number, number, number, number];
const filter = [4, 4, 64, 128] as [number, number, number, number];
const stride = 2;
const pad = 'same';
const info = tf.backend_util.computeConv2DInfo(x, filter, stride, 1, pad);
const operations =
  2 * info.batchSize * info.outHeight * info.outWidth * filter.reduce((product, size) => product * size, 1);

const backend = nativeBackend();
const { threads, convolutionLibrary } = backend.description;
const { Peer } = loadPeer();

const results = new Map<Pass, { ours: number; peer: number }>();
for (const pass of ['forward', 'inputGradient', 'filterGradient'] as const) {
  const peer = new Peer(pass, sizes(), threads);
  const measured = measure(pass, peer);
  results.set(pass, measured);
  const { ours, peer: theirs, medianOurs, medianPeer } = measured;
  console.log(
    `${pass.padEnd(15)} ours ${ours.toFixed(2)} ms (median ${medianOurs.toFixed(2)}), ` +
      `oneDNN alone ${theirs.toFixed(2)} ms (median ${medianPeer.toFixed(2)}, ${peer.implementation}), ` +
      `ratio ${(theirs / ours).toFixed(3)}`,
  );
}

const forward = results.get('forward') as { ours: number; peer: number };
printMeasurement({
  name: 'conv2d 64x64x64->128 k4 s2 batch 8 forward',
  ours: operations / forward.ours / 1e6,
  peer: operations / forward.peer / 1e6,
  peerName: `${convolutionLibrary}, bare primitive, blocked layouts in place, ${threads} threads`,
  unit: 'GFLOP/s',
  versions: { convolutions: convolutionLibrary, tfjs: tf.version_core },
});

function measure(pass: Pass, peer: Peer) {
  const tensors = { x: tf.randomUniform(x), filter: tf.randomUniform(filter), dy: tf.randomUniform(info.outShape) };
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = -warmUp; round < rounds; round++) {
    // Whoever comes second finds the caches filled by the other: take turns.
    const first = round % 2 === 0 ? runOurs(pass, tensors) : 0;
    const peerTime = peer.run();
    const ourTime = round % 2 === 0 ? first : runOurs(pass, tensors);
    if (round < 0) continue;
    ours.push(ourTime);
    theirs.push(peerTime);
  }
  tf.dispose(Object.values(tensors));
  return {
    ours: Math.min(...ours),
    peer: Math.min(...theirs),
    medianOurs: median(ours),
    medianPeer: median(theirs),
  };
}

function runOurs(pass: Pass, operands: { x: tf.Tensor; filter: tf.Tensor; dy: tf.Tensor }): number {
  const start = performance.now();
  const result = call(pass, operands);
  backend.flush();
  const elapsed = performance.now() - start;
  result.dispose();
  return elapsed;
}

function call(pass: Pass, operands: { x: tf.Tensor; filter: tf.Tensor; dy: tf.Tensor }): tf.Tensor {
  const [xs, filters, dy] = [operands.x, operands.filter, operands.dy] as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
  if (pass === 'forward') return tf.conv2d(xs, filters, stride, pad);
  if (pass === 'inputGradient') return tf.conv2dTranspose(dy, filters, x, stride, pad);
  const attrs = { strides: [stride, stride], pad, dataFormat: 'NHWC', filterShape: filter };
  return tf.engine().runKernel(tf.Conv2DBackpropFilter, { x: xs, dy }, attrs) as tf.Tensor;
}

/** In the order of ConvShape in conv.h. */
function sizes(): number[] {
  return [
    ...[info.batchSize, info.inHeight, info.inWidth, info.inChannels],
    ...[info.outHeight, info.outWidth, info.outChannels, info.filterHeight, info.filterWidth],
    ...[info.strideHeight, info.strideWidth, info.dilationHeight, info.dilationWidth],
    ...[info.padInfo.top, info.padInfo.left],
  ];
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}

function loadPeer(): { Peer: new (pass: Pass, sizes: number[], threads: number) => Peer } {
  // Run by tools/bench/bench.mjs in the root of the repository.
  const build = spawnSync('npx', ['nx', 'run', 'native-ops:build-bench'], { encoding: 'utf8' });
  if (build.status !== 0)
    throw new Error(`conv2d: nx run native-ops:build-bench failed.\n${build.stdout}${build.stderr}`);
  const require = createRequire(import.meta.url);
  return require(join(process.cwd(), 'packages', 'native-ops', 'build-bench', 'Release', 'conv2d_peer.node'));
}
