import { appendFileSync, copyFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stepLine } from '../../../testing/viewed-run.ts';
import { type NewSteps, StepsFollower } from './steps-follower.ts';

let folder: string;
let file: string;
let follower: StepsFollower;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steps-follower-'));
  file = join(folder, 'steps.jsonl');
  follower = new StepsFollower(file);
});
afterEach(() => rmSync(folder, { recursive: true }));

const lines = (...steps: number[]) => steps.map(stepLine).join('');

function seen(news: NewSteps | undefined) {
  return news && [news.replaces ? 'all' : 'more', ...news.records.map(({ step }) => step)];
}

it('waits for a file that is not there yet', async () => {
  expect(await follower.next()).toBeUndefined();
  writeFileSync(file, lines(1));
  expect(seen(await follower.next())).toEqual(['all', 1]);
});

it('gives everything at first, then what was appended, then nothing', async () => {
  writeFileSync(file, lines(1, 2));
  expect(seen(await follower.next())).toEqual(['all', 1, 2]);
  appendFileSync(file, lines(3));
  expect(seen(await follower.next())).toEqual(['more', 3]);
  expect(await follower.next()).toBeUndefined();
});

it('leaves a line without its end until it is whole', async () => {
  writeFileSync(file, lines(1));
  await follower.next();
  const line = stepLine(2);
  appendFileSync(file, line.slice(0, 30));
  expect(await follower.next()).toBeUndefined();
  appendFileSync(file, line.slice(30));
  expect(seen(await follower.next())).toEqual(['more', 2]);
});

it('gives all anew when the trainer puts a shorter file in its place, as it does to resume', async () => {
  writeFileSync(file, lines(1, 2, 3));
  await follower.next();
  writeFileSync(`${file}.tmp`, lines(1, 2));
  await rename(`${file}.tmp`, file);
  expect(seen(await follower.next())).toEqual(['all', 1, 2]);
  appendFileSync(file, lines(3));
  expect(seen(await follower.next())).toEqual(['more', 3]);
});

it('gives all anew when the file was cut', async () => {
  writeFileSync(file, lines(1, 2, 3));
  await follower.next();
  truncateSync(file, lines(1).length);
  expect(seen(await follower.next())).toEqual(['all', 1]);
});

it('notices that the file was cut and has grown past its old length between two looks', async () => {
  writeFileSync(file, lines(1, 2, 3));
  await follower.next();
  truncateSync(file, 0);
  appendFileSync(file, lines(11, 12, 13, 14, 15));
  expect(seen(await follower.next())).toEqual(['all', 11, 12, 13, 14, 15]);
});

it('notices a copy of another run over the file, of the same length', async () => {
  writeFileSync(file, lines(1, 2));
  await follower.next();
  writeFileSync(join(folder, 'other'), lines(3, 4));
  copyFileSync(join(folder, 'other'), file);
  expect(seen(await follower.next())).toEqual(['all', 3, 4]);
});

it('tells that the file went away, once', async () => {
  writeFileSync(file, lines(1));
  await follower.next();
  rmSync(file);
  expect(seen(await follower.next())).toEqual(['all']);
  expect(await follower.next()).toBeUndefined();
});

it('refuses a line that is no record and begins anew when it is mended', async () => {
  writeFileSync(file, `${lines(1)}{"step": 2}\n`);
  await expect(follower.next()).rejects.toThrow(/steps\.jsonl:2: losses: expected an object/);
  writeFileSync(file, lines(1, 2));
  expect(seen(await follower.next())).toEqual(['all', 1, 2]);
});
