// The viewer beside a real training: begun before it, told of every step, sample and evaluation, through a stop and a resume.
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResultTable, SourceChange, SourceSummary, StepColumns } from '@ggb/web/view-data';
import { applySteps, noSteps } from '@ggb/web/view-data';
import sharp from 'sharp';
import { type RunOptions, runGgb } from '../../../testing/run-ggb.ts';
import { tinySettings, tinySize, writeTinyPairs } from '../../../testing/tiny-pairs.ts';
import { tinyPage } from '../../../testing/viewed-run.ts';
import { type RunningView, startView } from './view.ts';

let folder: string;
let view: RunningView;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'view-live-'));
  await writeTinyPairs(join(folder, 'data'));
});
afterAll(async () => {
  await view?.close();
  rmSync(folder, { recursive: true });
});

function ask(path: string, signal?: AbortSignal): Promise<Response> {
  const { origin, searchParams } = new URL(view.url);
  const headers = { authorization: `Bearer ${searchParams.get('token')}` };
  return fetch(`${origin}${path}`, { headers, ...(signal === undefined ? {} : { signal }) });
}

/** What a page knows that follows a source: the changes applied in order. */
class Follower {
  steps: StepColumns = noSteps;
  readonly changes: SourceChange[] = [];
  private readonly ended = new AbortController();

  async follow(source: string): Promise<void> {
    const response = await ask(`/api/events?source=${source}`, this.ended.signal);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    let text = '';
    const decoder = new TextDecoder();
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(part, { stream: true });
      const events = text.split('\n\n');
      text = events.pop() as string;
      for (const event of events) this.take(event);
    }
  }

  /** Looks four times a second, as long as the spec may take. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 250));
  }

  stop(): void {
    this.ended.abort();
  }

  private take(event: string): void {
    const fields = Object.fromEntries(event.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)));
    if (fields.event !== 'change') return;
    const { change } = JSON.parse(fields.data) as { change: SourceChange };
    this.changes.push(change);
    if (change.kind === 'steps') this.steps = applySteps(this.steps, change);
  }
}

const written = (run: string) =>
  readFileSync(join(run, 'steps.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { step: number; losses: Record<string, number> });

it('follows a training that begins, stops, and is resumed from an earlier checkpoint, and its evaluation', async () => {
  const run = join(folder, 'runs', '00001');
  const ggbWith = async (options: Partial<RunOptions>, ...args: string[]) => {
    const { code, stderr } = await runGgb(args, { cwd: folder, ...options });
    if (code !== 0) throw new Error(stderr);
  };
  const ggb = (...args: string[]) => ggbWith({}, ...args);
  const settings = [...tinySettings, 'data.path=data', 'training.sampleEvery=3', 'training.checkpointEvery=4'];
  await ggb('train', ...settings, 'training.steps=6');
  jest.spyOn(console, 'error').mockImplementation(() => {});
  view = await startView({ folders: [join(folder, 'runs')], open: false }, tinyPage);
  const [source] = (await (await ask('/api/sources')).json()) as SourceSummary[];
  expect(source).toMatchObject({ step: 6, evaluations: [], live: false });

  const page = new Follower();
  const following = page.follow(source?.id as string).catch((error: Error) => {
    if (error.name !== 'AbortError') throw error;
  });
  await page.until(() => page.steps.step.length === 6);
  expect(page.steps.losses['generator.reconstruction']).toEqual(
    written(run).map(({ losses }) => losses['generator.reconstruction']),
  );

  // As after a crash behind the checkpoint of step 4: its later records are cut, in a new file, and written again.
  for (const name of readdirSync(join(run, 'checkpoints'))) {
    if (!name.startsWith('step-000004')) rmSync(join(run, 'checkpoints', name));
  }
  page.changes.length = 0;
  // Told to be at work, and then to have ended; what came before the resume is not in this list.
  const lives = () => page.changes.flatMap((change) => (change.kind === 'live' ? [change.live] : []));
  let isHeld = false;
  // Few steps may be done between two looks of the viewer: they wait until it has seen that somebody is at work.
  const untilSeen = (text: string, child: ChildProcess) => {
    if (isHeld || !/^Run: /m.test(text)) return;
    isHeld = true;
    child.kill('SIGSTOP');
    void page.until(() => lives().at(-1) === true).then(() => child.kill('SIGCONT'));
  };
  await ggbWith({ onStderr: untilSeen }, 'resume', run, 'training.steps=9');
  await page.until(() => page.steps.step.at(-1) === 9);
  expect(page.steps.step).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(page.steps.losses['generator.reconstruction']).toEqual(
    written(run).map(({ losses }) => losses['generator.reconstruction']),
  );
  const kinds = () => page.changes.map((change) => change.kind);
  await page.until(() => kinds().includes('run') && kinds().includes('samples'));
  expect(kinds()).toEqual(expect.arrayContaining(['run', 'samples']));
  expect(page.changes.filter((change) => change.kind === 'steps' && change.replaces)).not.toEqual([]);
  await page.until(() => lives().at(-1) === false);
  expect(lives()).toEqual([true, false]);
  const samples = page.changes.filter((change) => change.kind === 'samples').at(-1);
  expect(samples?.samples.steps).toContain(9);

  await ggb('evaluate', '--run', run, '--backend', 'cpu');
  await page.until(() => kinds().includes('results'));
  const name = 'test-step-000009-average';
  expect(page.changes.filter((change) => change.kind === 'results')).toContainEqual({
    kind: 'results',
    evaluation: name,
  });
  const table = (await (await ask(`/api/sources/${source?.id}/results`)).json()) as ResultTable;
  // Level 1 of the tiny model has no head: which levels are guided is the preset's.
  const images = table.images.map(({ name: image, missing }) => [image, missing.length] as const);
  expect(images.slice(0, 4)).toEqual([
    ['source', 0],
    ['condition', 0],
    ['output', 0],
    ['truth', 0],
  ]);
  expect(images.slice(4).length).toBeGreaterThan(0);
  for (const id of table.ids) {
    const { width, height } = await sharp(join(run, 'evaluation', name, `${id}.png`)).metadata();
    expect([width, height]).toEqual([tinySize, tinySize]);
  }
  expect(readdirSync(join(run, 'evaluation')).sort()).toEqual([name, `${name}.json`]);

  page.stop();
  await following;
});

it('keeps no outputs with --no-images, and the viewer says so', async () => {
  const run = join(folder, 'runs', '00001');
  await runGgb(['evaluate', '--run', run, '--limit', '1', '--no-images', '--backend', 'cpu'], { cwd: folder });
  const name = 'test-step-000009-average-1';
  expect(existsSync(join(run, 'evaluation', name))).toBe(false);
  const [source] = (await (await ask('/api/sources')).json()) as SourceSummary[];
  const table = (await (await ask(`/api/sources/${source?.id}/results?evaluation=${name}`)).json()) as ResultTable;
  expect(table.images.map(({ name: image }) => image)).toEqual(['source', 'condition', 'truth']);
  expect(table.notes).toEqual([expect.stringContaining('not saved')]);
});
