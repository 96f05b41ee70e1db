import '@ggb/native-ops/node';
import * as tf from '@ggb/native-ops/tf';
import { nativeBackend } from '@ggb/native-ops/node';
import { resolveConfig } from '../core/src/config/presets.ts';
import { GuidingModel } from '../core/src/model/guiding-model.ts';
import { randomWeights } from '../core/src/model/weight-init.ts';
import { TrainStep } from '../core/src/training/train-step.ts';
const config = resolveConfig({ preset: process.env.PRESET ?? 'quick', model: process.env.NOBLOCK ? {guidedLevels: []} : {} } as never);
const model = new GuidingModel(config, randomWeights('uniform', 1));
const step = new TrainStep(model, {...config, compile: process.env.EAGER === undefined}, (r) => console.log("EAGER", r));
const s = config.image.size;
const batch = { source: tf.randomUniform([8,s,s,3],-1,1) as tf.Tensor4D, target: tf.randomUniform([8,s,s,3],-1,1) as tf.Tensor4D, condition: tf.randomUniform([8,s,s,18],-1,1) as tf.Tensor4D, ids: [] };
const n = Number(process.env.N ?? 20);
for (let i=0;i<3;i++) { const l = step.run(batch,i); console.log(Array.from(l.dataSync()).map(v=>v.toFixed(4)).join(' ')); l.dispose(); }
nativeBackend().report.reset();
const t0=performance.now(); const tens=tf.memory().numTensors;
let js=0;
for (let i=0;i<n;i++) { const a=performance.now(); const l = step.run(batch,i+3); js+=performance.now()-a; l.dataSync(); l.dispose(); }
console.log('cpu/step', process.cpuUsage().user/1e3, 'compiled', (step as any).compiled?.summaries, (step as any).compiled?.eagerReason); console.log('ms/step', (performance.now()-t0)/n, 'js', js/n, 'tensors', tf.memory().numTensors-tens, nativeBackend().memory());
console.log(nativeBackend().report.rows().filter(r=>r.fallback>0), nativeBackend().report.rows().sort((a,b)=>b.native-a.native).slice(0,30).map(r=>JSON.stringify(r)).join('\n'));
const rows = nativeBackend().profile(() => { for (let i=0;i<5;i++) { const l = step.run(batch,i+100); l.dataSync(); l.dispose(); } });
console.log('native ms/step', rows.reduce((s,r)=>s+r.ms,0)/5); for (const r of rows.slice(0,22)) console.log(r.op, r.calls/5, (r.ms/5).toFixed(2));
