import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceChange } from '@ggb/web/view-data';
import { viewedPairs, writeViewedRun } from '../../../testing/viewed-run.ts';
import { AllowedFolders } from './allowed-folders.ts';
import { RunView } from './run-view.ts';

let folder: string;
let data: string;
let view: RunView;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'run-view-'));
  const written = await writeViewedRun(folder);
  data = written.data;
  view = new RunView(written.run, new AllowedFolders());
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Makes the manifest a large one by pairs that nobody evaluated; `keep` says which lines stay. */
function enlarge(keep: (line: string) => boolean = () => true): void {
  const file = join(data, 'pairs.jsonl');
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n').filter(keep);
  const [first] = lines;
  const others = Array.from({ length: 2500 }, (_, index) =>
    (first as string).replace(/"id":"[^"]*"/, `"id":"other-${index}"`),
  );
  writeFileSync(file, `${[...lines, ...others].join('\n')}\n`);
}

/** The next change of kind 'results' that a stream hears which begins now. */
function nextResults(): Promise<SourceChange> {
  return new Promise((resolve) => {
    const end = view.watch((change) => {
      if (change.kind !== 'results') return;
      end();
      resolve(change);
    });
  });
}

it('tells also who was listening before it gave the scores: a page opens its stream first', async () => {
  enlarge();
  const told = nextResults();
  const early = await view.table(undefined);
  expect(early.poseChange).toBeUndefined();
  expect(await told).toEqual({ kind: 'results', evaluation: early.evaluation });
  expect((await view.table(undefined)).poseChange).toHaveLength(3);
  // And once more when the record is another one.
  const record = join(folder, 'run', 'evaluation', `${early.evaluation}.json`);
  writeFileSync(record, `${readFileSync(record, 'utf8')}\n`);
  expect((await view.table(undefined)).poseChange).toBeUndefined();
  await nextResults();
  expect((await view.table(undefined)).poseChange).toHaveLength(3);
});

it('says what is wrong with a large manifest once it has looked at it', async () => {
  enlarge();
  const file = join(data, 'pairs.jsonl');
  writeFileSync(file, `${readFileSync(file, 'utf8')}no line\n`);
  expect((await view.table(undefined)).notes).toEqual([]);
  await nextResults();
  expect((await view.table(undefined)).notes).toEqual([expect.stringMatching(/cannot be shown: .*pairs\.jsonl/s)]);
});

it('gives scores before it has read a large manifest, and tells when it has', async () => {
  enlarge((line) => !line.includes(viewedPairs[1] as string));
  const early = await view.table(undefined);
  expect(early.metrics.ssim?.values).toEqual([0.9, 0.8, 0.7]);
  expect(early.poseChange).toBeUndefined();
  expect(early.images.map(({ missing }) => missing)).toEqual([[], [], [], [], []]);

  const change = await nextResults();
  expect(change).toEqual({ kind: 'results', evaluation: early.evaluation });
  const whole = await view.table(undefined);
  expect(whole.poseChange?.map((value) => value === null)).toEqual([false, true, false]);
  expect(whole.images.map(({ name, missing }) => [name, missing])).toEqual([
    ['source', [1]],
    ['condition', [1]],
    ['output', []],
    ['truth', [1]],
    ['level3', []],
  ]);
  // The pictures are the same ones: what a browser has kept stays good.
  expect(whole.revision).toBe(early.revision);
});

it('has another revision when a record, its pictures or the manifest change', async () => {
  const revisions = new Set<string>();
  const look = async () => revisions.add((await view.table(undefined)).revision);
  await look();
  await look();
  expect(revisions.size).toBe(1);
  const { evaluation } = await view.table(undefined);
  const record = join(folder, 'run', 'evaluation', `${evaluation}.json`);
  writeFileSync(record, `${readFileSync(record, 'utf8')}\n`);
  await look();
  rmSync(join(folder, 'run', 'evaluation', evaluation, `${viewedPairs[0]}.png`));
  await look();
  enlarge();
  await look();
  expect(revisions.size).toBe(4);
});

it('shows scores without pictures when the data has gone, and says why', async () => {
  rmSync(data, { recursive: true });
  const { images, notes, ids } = await view.table(undefined);
  expect(ids).toEqual(viewedPairs);
  expect(images.map(({ name }) => name)).toEqual(['output', 'level3']);
  expect(notes).toEqual([expect.stringMatching(/^Sources and truths cannot be shown: .*pairs\.jsonl/s)]);
});

it('says that a run was not evaluated yet, and how', async () => {
  rmSync(join(folder, 'run', 'evaluation'), { recursive: true });
  expect(await view.summary()).toMatchObject({ evaluations: [], step: 3 });
  await expect(view.table(undefined)).rejects.toThrow(/no evaluation yet: ggb evaluate --run/);
});

it('is a source with a problem when its folder is no whole run', async () => {
  rmSync(join(folder, 'run', 'config.json'));
  const { problem, evaluations } = await view.summary();
  expect([problem, evaluations]).toEqual([expect.stringContaining('it has no config.json'), []]);
});
