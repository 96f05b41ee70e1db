// The one page that the demo leaves behind. It opens from file:, asks no network, runs no script.
import type { Scores, StepRecord, TrainingConfig } from '@ggb/core';
import { ggb } from '../../command-name.ts';
import { durationText } from '../../progress-line.ts';
import { escapeHtml } from '../../report/escape-html.ts';
import { type Chart, lineChart } from '../../report/line-chart.ts';

export interface DemoReport {
  readonly config: TrainingConfig;
  /** What ran: 'native-cpu (auto: 2 threads, ...)'. */
  readonly backend: string;
  readonly version: string;
  readonly stepsDone: number;
  readonly scores: { readonly model: Scores; readonly copySource: Scores; readonly nearestPose: Scores };
  /** Of the weights that the moving average was made of. */
  readonly raw: Scores;
  readonly counts: {
    readonly trainingPairs: number;
    readonly trainingIdentities: number;
    readonly testPairs: number;
    readonly testIdentities: number;
  };
  readonly seconds: { readonly data: number; readonly training: number; readonly evaluation: number };
  readonly steps: readonly StepRecord[];
  /** Paths relative to the page. */
  readonly files: { readonly contactSheet: string; readonly levels: string; readonly run: string };
  readonly levelSides: readonly number[];
  readonly pairsPerRow: number;
}

export function demoReportHtml(report: DemoReport): string {
  const { config, counts, seconds, files } = report;
  const { size } = config.image;
  const total = seconds.data + seconds.training + seconds.evaluation;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Generative Guiding Block: demo</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>Figures in new poses</h1>
<p class="lead">A generator with guiding blocks, trained for ${durationText(seconds.training)} on ${counts.trainingPairs} pairs of ${counts.trainingIdentities} drawn figures, redraws ${counts.testIdentities} figures it has never seen in poses it is given.</p>

<figure class="wide">
${columnTitles(['source', 'target pose', 'output', 'truth'], report.pairsPerRow)}
<img src="${escapeHtml(files.contactSheet)}" alt="Contact sheet: source, target pose, output and truth of test pairs">
<figcaption>Test pairs, evenly spread over the test set and not chosen by eye. Every image is ${size} by ${size} pixels, enlarged without smoothing.</figcaption>
</figure>

<h2>Against two trivial answers</h2>
${scoresTable(report)}
<p><b>Copying the source</b> has the right clothes in the wrong pose. <b>The training image nearest in pose</b> has the right pose in the wrong clothes. All rows are means over the same ${counts.testPairs} test pairs; no identity of theirs is in the training set. “Inside” is the silhouette of the source or of the target, grown by one pixel; most of a frame is empty background, so look there first. SSIM: Gaussian window 11 by 11, sigma 1.5; colour error: mean absolute difference, 0 to 255.</p>

<h2>How it learned</h2>
<div class="charts">
${lossCharts(report.steps).map(lineChart).join('\n')}
</div>

<h2>From coarse to fine</h2>
<figure class="wide">
${columnTitles([...report.levelSides.map((side) => `${side} px`), 'output', 'truth'], 1)}
<img src="${escapeHtml(files.levels)}" alt="Images that the heads of the guided levels draw, then the output and the truth">
<figcaption>The generator draws an image at each guided level; the guiding block of that level judges it. The output is drawn by the last level.</figcaption>
</figure>

<h2>What this shows, and what not</h2>
<ul>
<li>The numbers were made with the preset <code>${escapeHtml(config.preset)}</code>: settings of ours for minutes on small images, not the paper's (<code>preset=paper</code>).</li>
<li>From the paper: a U-Net generator and a discriminator of five convolutions, guiding blocks with an encoder of two 4x4 convolutions of stride 2, RAPD and NVTD of three convolutions on the encoded images and on the encoded residuals, and the order of the updates in one iteration.</li>
<li>Reconstructed, because the paper leaves it open: channels, norms, kernels of the critics, the heads that draw the image of a level, initialisation, and how the weights of the losses are meant. The documentation of the model marks each.</li>
<li>This is one run of the full model. It does not show that guiding blocks help: that takes runs with and without them, at equal steps and equal time, over several seeds.</li>
<li>The figures are drawn by a program on one fixed background. Photographs are harder.</li>
</ul>

<h2>The run</h2>
<dl>
${facts(report, total)
  .map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`)
  .join('\n')}
</dl>
<p>Continue this training: <code>${ggb} resume ${escapeHtml(files.run)} training.minutes=30</code>, from the folder of this page. On pairs of your own: <code>${ggb} train preset=quick data.path=FOLDER</code>.</p>
</main>
</body>
</html>
`;
}

function facts(report: DemoReport, total: number): [string, string][] {
  const { config, seconds } = report;
  const { model, loss, training } = config;
  const critics = [...(model.rapd ? ['RAPD'] : []), ...(model.nvtd ? ['NVTD'] : [])].join(' and ') || 'no critics';
  return [
    ['preset', config.preset],
    ['seed', String(config.seed)],
    ['steps', `${report.stepsDone} of batch ${training.batchSize}, update ${training.update}`],
    ['guiding blocks', `levels ${model.guidedLevels.join(', ')} of ${model.levels}, with ${critics}`],
    [
      'loss weights',
      `adversarial ${loss.adversarialWeight}, appearance ${loss.appearanceWeight}, variation ${loss.variationWeight}, L1 ${loss.reconstructionWeight}`,
    ],
    ['learning rate', `${training.learningRate}, decay ${training.decay}`],
    ['scored weights', 'moving average of the generator'],
    ['backend', report.backend],
    [
      'time',
      `${durationText(total)}: figures ${durationText(seconds.data)}, training ${durationText(seconds.training)}, evaluation ${durationText(seconds.evaluation)}`,
    ],
    ['ggb', report.version],
  ];
}

function columnTitles(titles: readonly string[], times: number): string {
  const cells = Array.from({ length: times }, () => titles).flat();
  return `<div class="columns" style="grid-template-columns: repeat(${cells.length}, 1fr)">${cells.map((title) => `<span>${escapeHtml(title)}</span>`).join('')}</div>`;
}

function scoresTable({ scores, raw }: DemoReport): string {
  const rows: [string, Scores][] = [
    ['model', scores.model],
    ['model, raw weights', raw],
    ['copying the source', scores.copySource],
    ['training image nearest in pose', scores.nearestPose],
  ];
  const cell = (value: number | undefined, digits: number) => `<td>${value?.toFixed(digits) ?? '–'}</td>`;
  return `<table>
<thead><tr><th></th><th>SSIM, frame ↑</th><th>SSIM, inside ↑</th><th>colour error, inside ↓</th></tr></thead>
<tbody>
${rows.map(([name, row]) => `<tr><th>${escapeHtml(name)}</th>${cell(row.ssim, 3)}${cell(row.insideSsim, 3)}${cell(row.insideL1, 1)}</tr>`).join('\n')}
</tbody>
</table>`;
}

/** What is drawn of the recorded losses: a chart for each kind, a line for each level. */
export function lossCharts(steps: readonly StepRecord[]): Chart[] {
  const names = [...new Set(steps.flatMap(({ losses }) => Object.keys(losses)))];
  const chart = (title: string, pick: (name: string) => string | undefined): Chart => ({
    title,
    xLabel: 'step',
    series: names.flatMap((name) => {
      const label = pick(name);
      const points = steps.map(({ step, losses }) => [step, losses[name] ?? Number.NaN] as const);
      return label === undefined ? [] : [{ name: label, points }];
    }),
  });
  const level = (ending: string) => (name: string) => new RegExp(`^(level\\d+)\\.${ending}$`).exec(name)?.[1];
  return [
    chart('L1 of the output and of each level', (name) =>
      name === 'generator.reconstruction' ? 'output' : level('reconstruction')(name),
    ),
    chart('discriminator: probability of real', (name) => /^discriminator\.(real|fake)$/.exec(name)?.[1]),
    chart('RAPD: probability of real, on outputs', level('rapd\\.fake')),
    chart('NVTD: probability of real, on outputs', level('nvtd\\.fake')),
  ].filter(({ series }) => series.length > 0);
}

const style = `
:root { color-scheme: light dark; --text: #1d1f23; --soft: #5c6068; --page: #fbfbfa; --line: #dcdcd8;
  --series-1: #0072b2; --series-2: #d55e00; --series-3: #009e73; --series-4: #b5549a; --series-5: #8a6d00; --series-6: #555; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e6e3; --soft: #a3a6ad; --page: #17181b; --line: #34363b;
  --series-1: #56b4e9; --series-2: #f0894a; --series-3: #3cc79c; --series-4: #e08cc6; --series-5: #e0c04a; --series-6: #bbb; } }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 64rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { margin: 0 0 .3rem; font-size: 1.9rem; } h2 { margin: 2.4rem 0 .6rem; font-size: 1.25rem; }
.lead { font-size: 1.1rem; max-width: 48rem; } p, ul { max-width: 48rem; }
figure { margin: 1.2rem 0; } figcaption, .columns { color: var(--soft); font-size: .85rem; }
.columns { display: grid; text-align: center; } .wide img { width: 100%; image-rendering: pixelated; display: block; }
table { border-collapse: collapse; } th, td { padding: .35rem 1rem .35rem 0; border-bottom: 1px solid var(--line); text-align: right; }
tbody th, thead th:first-child { text-align: left; } tbody th { font-weight: normal; } tbody tr:first-child { font-weight: 600; } tbody tr:first-child th { font-weight: 600; }
td { font-variant-numeric: tabular-nums; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr)); gap: 1rem; }
svg { width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: var(--soft); } svg .chart-title { font-size: 12px; font-weight: 600; fill: var(--text); }
svg .grid { stroke: var(--line); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.2rem; } dt { color: var(--soft); } dd { margin: 0; }
code { font-size: .92em; } 
@media (max-width: 30rem) { .charts { grid-template-columns: 1fr; } table { font-size: .85rem; } th, td { padding-right: .5rem; } }
`;
