// Exported folders, and two folders of images without a run.
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { decodeImage } from '@ggb/core/files';
import { l1, protocols, ssim } from '@ggb/metrics';
import type { ExportedView, ResultTable, SourceChange } from '@ggb/web/view-data';
import sharp from 'sharp';
import {
  outputColour,
  tinyPage,
  viewedEvaluation,
  viewedPairs,
  writeFlatPicture,
  writeViewedRun,
} from '../../../testing/viewed-run.ts';
import { AllowedFolders } from './allowed-folders.ts';
import { exportView } from './export-view.ts';
import { RunFinder } from './find-sources.ts';
import { FoldersView } from './folders-view.ts';
import { ReportView } from './report-view.ts';
import type { ViewError } from './view-error.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'export-view-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What the scripts of an exported folder set, run as a page runs them. */
function exportedIn(out: string, ...scripts: string[]): ExportedView {
  const window: { GGB_EXPORT?: ExportedView } = {};
  for (const script of ['data.js', ...scripts]) {
    const text = readFileSync(join(out, script), 'utf8');
    runInNewContext(text, { window, GGB_EXPORT: window.GGB_EXPORT });
  }
  return JSON.parse(JSON.stringify(window.GGB_EXPORT)) as ExportedView;
}

async function exportRun(out: string) {
  const { run } = await writeViewedRun(folder);
  const large = join(run, 'evaluation', viewedEvaluation, `${viewedPairs[1]}.png`);
  await writeFlatPicture(large, outputColour, 300);
  const folders = new AllowedFolders();
  const sources = await RunFinder.open([run], folders);
  return exportView(out, { sources, page: tinyPage });
}

describe('an exported run', () => {
  it('holds what the server would answer, each picture once, and thumbnails of the large', async () => {
    const out = join(folder, 'out');
    const { missing } = await exportRun(out);
    expect(missing).toBe(0);
    const view = exportedIn(out, 'pairs/0.js');
    const [first] = view.tables;
    expect(first?.table.ids).toEqual(viewedPairs);
    expect(first?.table.metrics.ssim?.values).toEqual([0.9, 0.8, 0.7]);
    // Three poses are source of one pair and truth of another; two outputs are one picture, and so are the levels.
    expect(Object.keys(first?.files ?? {})).toEqual(['source', 'condition', 'output', 'truth', 'level3']);
    expect(new Set([...(first?.files.source ?? []), ...(first?.files.truth ?? [])]).size).toBe(3);
    expect(new Set(first?.files.output).size).toBe(2);
    expect(view.files).toHaveLength(3 + 3 + 2 + 1 + 1);
    expect(readdirSync(join(out, 'images'))).toHaveLength(2 * view.files.length);
    // The conditions are drawn 256 pixels wide.
    expect(view.thumbs).toHaveLength(4);
    expect(readdirSync(join(out, 'thumbs'))).toHaveLength(4);
    const truth = join(out, 'images', view.files[first?.files.truth?.[0] as number] as string);
    expect(readFileSync(truth)).toEqual(readFileSync(join(folder, 'data', '2-1.png')));
    const run = Object.values(view.runs)[0];
    expect(run?.details.steps.step).toEqual([1, 2, 3]);
    expect(Object.keys(run?.samples ?? {})).toEqual(['3']);
    expect(Object.keys(view.pairs[0] ?? {})).toEqual(viewedPairs);
  });

  it('gives the pixels to a canvas from file: by a script for each picture', async () => {
    const out = join(folder, 'out');
    await exportRun(out);
    const name = exportedIn(out).files[0] as string;
    const url = exportedIn(out, `images/${name}.js`).pixels[name] as string;
    const [type, base64] = url.split(',');
    expect(type).toBe('data:image/png;base64');
    expect(Buffer.from(base64 as string, 'base64')).toEqual(readFileSync(join(out, 'images', name)));
  });

  it('has a page that may load nothing from elsewhere, its data before its own script', async () => {
    const out = join(folder, 'out');
    await exportRun(out);
    const html = readFileSync(join(out, 'index.html'), 'utf8');
    const policy = /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/.exec(html)?.[1] as string;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("connect-src 'none'");
    expect(policy).not.toMatch(/https?:|\*|unsafe-inline/);
    expect(html.indexOf('<script src="data.js">')).toBeGreaterThan(html.indexOf('Content-Security-Policy'));
    expect(html.indexOf('<script src="data.js">')).toBeLessThan(html.indexOf('document.title'));
  });

  it('names no path of the machine', async () => {
    const out = join(folder, 'out');
    await exportRun(out);
    const scripts = ['index.html', 'data.js', 'pairs/0.js'].map((name) => readFileSync(join(out, name), 'utf8'));
    expect(scripts.join('\n')).not.toContain(folder);
  });

  it('has the pose changes of a manifest that is so large that a server gives them later', async () => {
    const { data, run } = await writeViewedRun(folder);
    const manifest = join(data, 'pairs.jsonl');
    const [line] = readFileSync(manifest, 'utf8').split('\n');
    const more = Array.from({ length: 2500 }, (_, i) => (line as string).replace(/"id":"[^"]*"/, `"id":"other-${i}"`));
    appendFileSync(manifest, `${more.join('\n')}\n`);
    // What makes it large: run-view.ts.
    expect(statSync(manifest).size).toBeGreaterThan(2 ** 20);
    const out = join(folder, 'out');
    await exportView(out, { sources: await RunFinder.open([run], new AllowedFolders()), page: tinyPage });
    const [first] = exportedIn(out).tables;
    expect(first?.table.poseChange).toHaveLength(viewedPairs.length);
    expect(first?.table.poseChange?.every((change) => typeof change === 'number')).toBe(true);
  });

  it('overwrites nothing', async () => {
    writeFileSync(join(folder, 'kept.txt'), 'kept');
    await expect(exportView(folder, { sources: { list: async () => [] }, page: tinyPage })).rejects.toThrow(
      /the folder is not empty: expected a new or an empty folder, received kept\.txt in it/,
    );
  });
});

describe('two folders', () => {
  const side = 24;
  const picture = (seed: number) => ({
    data: Uint8Array.from(
      { length: 3 * side * side },
      (_, index) => (index * 37 + seed * 91 + ((index * seed) % 11) * 13) % 256,
    ),
    width: side,
    height: side,
  });
  const write = async (path: string, seed: number) => {
    const { data, width, height } = picture(seed);
    await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(path);
  };

  beforeEach(async () => {
    for (const name of ['real', 'generated']) mkdirSync(join(folder, name));
    for (const seed of [1, 2, 3]) {
      await write(join(folder, 'real', `${seed}.png`), seed);
      await write(join(folder, 'generated', `${seed}.png`), seed === 3 ? seed : seed + 1);
    }
    await write(join(folder, 'generated', 'alone.png'), 9);
  });

  const open = (stop = new AbortController().signal) =>
    FoldersView.open({
      real: join(folder, 'real'),
      generated: join(folder, 'generated'),
      protocol: protocols.tf,
      folders: new AllowedFolders(),
      stop,
    });

  it('are scored while they are shown, with the numbers of the metrics', async () => {
    const view = await open();
    const before = await view.table(undefined);
    expect([before.ids, before.progress]).toEqual([['1.png', '2.png', '3.png'], { done: 0, total: 3 }]);
    const changes: SourceChange[] = [];
    const end = view.watch((change) => changes.push(change));
    await view.whole();
    end();
    expect(changes.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['results', 'live']));

    const { metrics, progress, notes } = (await view.table(undefined)) as ResultTable;
    expect(progress).toBeUndefined();
    const decoded = await decodeImage(join(folder, 'generated', '1.png'));
    expect(metrics.ssim?.values).toEqual([ssim(decoded, picture(1)), ssim(picture(3), picture(2)), 1]);
    expect(metrics.l1?.values[0]).toBe(l1(decoded, picture(1)));
    // Of equal images it is infinite, which JSON has no number for; the mean is over the others.
    expect(metrics.psnr?.values[2]).toBeNull();
    expect(notes).toEqual([expect.stringContaining('alone.png')]);
    expect((await view.summary()).live).toBe(false);
  });

  it('show their pictures, and no others', async () => {
    const view = await open();
    const key = { evaluation: 'folders', id: '2.png' };
    expect(await view.picture({ ...key, image: 'truth' })).toEqual({
      kind: 'file',
      path: join(folder, 'real', '2.png'),
    });
    await expect(view.picture({ ...key, image: 'source' })).rejects.toThrow('has no picture source');
    await expect(view.picture({ ...key, id: '../real/2.png', image: 'truth' })).rejects.toThrow('There is no pair');
  });

  it('stop being scored when the viewer ends', async () => {
    const ended = new AbortController();
    const view = await open(ended.signal);
    ended.abort();
    await view.whole();
    expect((await view.table(undefined)).progress).toEqual({ done: 0, total: 3 });
  });

  it('say what is wrong when nothing makes a pair', async () => {
    rmSync(join(folder, 'generated'), { recursive: true });
    mkdirSync(join(folder, 'generated'));
    await write(join(folder, 'generated', 'alone.png'), 9);
    await expect(open()).rejects.toThrow(/no image of the one folder makes a pair/);
  });

  it('are shown from a report that names them, with its own numbers', async () => {
    const file = join(folder, 'report.json');
    const summary = { mean: 0.5, n: 1, interval: [0.25, 0.75], direction: 'higher', unit: 'none' };
    const report = {
      version: 1,
      protocol: { name: 'tf', hash: 'ab' },
      metrics: { ssim: summary },
      real: join(folder, 'real'),
      generated: join(folder, 'generated'),
      problems: [],
      pairs: [{ name: '1.png', real: '2.png', ssim: 0.5 }],
    };
    writeFileSync(file, JSON.stringify(report));
    const view = new ReportView(file, new AllowedFolders());
    expect(await view.summary()).toMatchObject({ kind: 'report', evaluations: [{ pairs: 1, means: { ssim: 0.5 } }] });
    const { metrics, protocol } = await view.table('report');
    expect([protocol?.hash, metrics.ssim]).toEqual([
      'ab',
      { direction: 'higher', unit: '', mean: 0.5, interval: [0.25, 0.75], values: [0.5] },
    ]);
    expect(await view.picture({ evaluation: 'report', id: '1.png', image: 'truth' })).toEqual({
      kind: 'file',
      path: join(folder, 'real', '2.png'),
    });
    writeFileSync(file, '{}');
    expect((await view.summary()).problem).toContain('report.json: expected version 1');
  });

  it('are not shown from a report that leads elsewhere, unless --data does; nobody else gets what one report may', async () => {
    const [elsewhere, home] = [join(folder, 'elsewhere'), join(folder, 'home')];
    for (const path of [elsewhere, home]) mkdirSync(path);
    await write(join(elsewhere, '1.png'), 1);
    symlinkSync(elsewhere, join(home, 'link'));
    const file = join(home, 'report.json');
    const reportOf = (real: string) => {
      const ssim = { mean: 0.5, n: 1, interval: null, direction: 'higher', unit: 'none' };
      const pairs = [{ name: '1.png', real: '1.png', ssim: 0.5 }];
      const protocol = { name: 'tf', hash: 'ab' };
      const problems: never[] = [];
      writeFileSync(
        file,
        JSON.stringify({ version: 1, protocol, metrics: { ssim }, real, generated: home, problems, pairs }),
      );
    };
    const refused: string[] = [];
    const given = new AllowedFolders({ onRefuse: (path, namedBy) => refused.push(`${path} ${namedBy}`) });
    const key = { evaluation: 'report', id: '1.png', image: 'truth' } as const;
    const shown = async (view: ReportView) => {
      const { images, notes } = await view.table('report');
      const origin = await view.picture(key);
      if (origin.kind !== 'file') throw new Error('not a file');
      const opened = await view.folders.open(origin.path).then(
        (handle) => handle.close().then(() => 200),
        (error: ViewError) => error.status,
      );
      return { names: images.map(({ name }) => name), notes, opened };
    };
    for (const real of ['/', elsewhere, join(home, 'link'), `${home}/../elsewhere`]) {
      reportOf(real);
      const { names, notes, opened } = await shown(new ReportView(file, given));
      expect([real, names, opened]).toEqual([real, ['output'], 403]);
      expect(notes).toEqual([expect.stringContaining(`ggb view --data ${real}`)]);
    }
    expect(refused).toContain(`/ ${file}`);
    reportOf(elsewhere);
    await given.allow(elsewhere);
    const view = new ReportView(file, given);
    expect(await shown(view)).toEqual({ names: ['output', 'truth'], notes: [], opened: 200 });
    // What this report may read beside it, another source may not.
    await write(join(home, 'own.png'), 2);
    const other = given.ofSource();
    await expect(other.open(join(home, 'own.png'))).rejects.toThrow('lies outside');
    await (await view.folders.open(join(home, 'own.png'))).close();
  });
});

describe('what is looked at', () => {
  it('is found below folders of runs, and what holds none is refused with what it is', async () => {
    await writeViewedRun(join(folder, 'demo', '00001'));
    await writeViewedRun(join(folder, 'demo', '00002'));
    const finder = await RunFinder.open([join(folder, 'demo')], new AllowedFolders());
    expect((await finder.list()).map(({ id }) => id.replace(/-[0-9a-f]{8}$/, ''))).toEqual(['00001-run', '00002-run']);
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    await expect(RunFinder.open([empty], new AllowedFolders())).rejects.toThrow(
      /holds no run: .*received an empty folder/,
    );
    writeFileSync(join(folder, 'a.txt'), '');
    await expect(RunFinder.open([join(folder, 'a.txt')], new AllowedFolders())).rejects.toThrow(/received a file/);
    await expect(RunFinder.open([join(folder, 'nowhere')], new AllowedFolders())).rejects.toThrow(/ENOENT/);
  });
});
