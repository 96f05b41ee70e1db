import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JournalConditions, JournalError, journalEntries, ScoreJournal } from './score-journal.ts';

const conditions: JournalConditions = {
  protocolHash: 'ab',
  metrics: ['ssim', 'psnr'],
  scorer: 'portable',
  real: '/r',
  generated: '/g',
};
const entry = (name: string, ssim: number, psnr = 1 / 3) => ({
  name,
  real: `${name}r`,
  stamp: 's',
  values: { ssim, psnr },
});

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'score-journal-'));
  file = join(folder, 'report.json.journal');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('ScoreJournal', () => {
  it('gives back what was added, bit by bit, infinities too', () => {
    const journal = ScoreJournal.create(file, conditions);
    const entries = [entry('a', 0.1 + 0.2), entry('b "\n', -0.5, Number.POSITIVE_INFINITY)];
    journal.add(entries);
    journal.close();
    expect([...journalEntries(file, conditions)]).toEqual(entries);
  });

  it('has entries on the disk before it is closed', () => {
    ScoreJournal.create(file, conditions).add([entry('a', 1)]);
    expect([...journalEntries(file, conditions)]).toHaveLength(1);
  });

  it('goes on behind a line that was cut', () => {
    const journal = ScoreJournal.create(file, conditions);
    journal.add([entry('a', 1), entry('b', 2)]);
    journal.close();
    truncateSync(file, readFileSync(file).length - 9);
    const again = ScoreJournal.append(file, conditions);
    again.add([entry('c', 3)]);
    again.close();
    expect([...journalEntries(file, conditions)].map(({ name }) => name)).toEqual(['a', 'c']);
  });

  it('reads journals larger than its buffer', () => {
    const journal = ScoreJournal.create(file, conditions);
    const entries = Array.from({ length: 3000 }, (_, i) => entry(`${i}-${'é'.repeat(i % 50)}`, i));
    journal.add(entries);
    expect([...journalEntries(file, conditions)]).toEqual(entries);
  });

  it.each([
    ['protocolHash', { protocolHash: 'cd' }],
    ['metrics', { metrics: ['ssim'] as const }],
    ['scorer', { scorer: 'native' }],
    ['real', { real: '/other' }],
  ])('is refused where %s is another', (key, change) => {
    ScoreJournal.create(file, conditions).close();
    const read = () => [...journalEntries(file, { ...conditions, ...change })];
    expect(read).toThrow(JournalError);
    expect(read).toThrow(new RegExp(`${file}: cannot be gone on with: expected ${key} `));
  });

  it('refuses other files', () => {
    writeFileSync(file, '{"pairs": []}\n');
    expect(() => [...journalEntries(file, conditions)]).toThrow('expected a journal of ggb evaluate');
    writeFileSync(file, '');
    expect(() => [...journalEntries(file, conditions)]).toThrow(JournalError);
  });

  it('leaves lines out that are no entries', () => {
    ScoreJournal.create(file, conditions).add([entry('a', 1)]);
    appendFileSync(file, '{"n": 1}\n[]\nnull\n{"n":"x","r":"y","s":"z","v":[1]}\n');
    expect([...journalEntries(file, conditions)].map(({ name }) => name)).toEqual(['a']);
  });

  it('is gone when it is not needed any more', () => {
    ScoreJournal.create(file, conditions).remove();
    expect(existsSync(file)).toBe(false);
  });
});
