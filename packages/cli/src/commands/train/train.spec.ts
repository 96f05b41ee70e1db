// Training, its interruption and its continuation, as a user meets them.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type RunOptions, runGgb } from '../../../testing/run-ggb.ts';
import { tinySettings, tinySize, writeTinyPairs } from '../../../testing/tiny-pairs.ts';
import { lossesOnLine } from './training-session.ts';

let cwd: string;
beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'ggb-train-'));
  await writeTinyPairs(join(cwd, 'pairs'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

const ggb = (args: readonly string[], options: Partial<RunOptions> = {}) => runGgb(args, { cwd, ...options });
const train = (...settings: string[]) => ggb(['train', ...tinySettings, 'data.path=pairs', ...settings]);
const json = (...path: string[]) => JSON.parse(readFileSync(join(cwd, ...path), 'utf8'));

describe('ggb train', () => {
  it('leaves a run folder and says on stdout what is where, progress on stderr', async () => {
    const { code, stdout, stderr } = await train('training.steps=3', 'run.dir=first');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Trained 3 steps in .*\nSaved: first\/checkpoints\/step-000003\.safetensors\nEvaluate with: npx --no-install ggb evaluate --run first\n$/,
    );
    expect(stderr).toMatch(/^Backend: native-cpu \(auto: .*the fastest\)\.$/m);
    expect(stderr).toMatch(/^step 3\/3 \| D [\d.e-]+ adversarial .* RAPD .* NVTD .* \| .* images\/s \| 0 s left$/m);
    expect(json('first', 'config.json')).toMatchObject({
      preset: 'quick',
      image: { size: tinySize },
      data: { path: join(cwd, 'pairs') },
      training: { steps: 3, learningRate: 1e-3 },
    });
    expect(json('first', 'run.json')).toMatchObject({
      backend: { name: 'native-cpu', reason: expect.stringMatching(/^auto: 2 threads/), threads: 2 },
      data: { pairs: 6, manifestSha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      parameters: { generator: expect.any(Number) },
    });
    expect(
      readFileSync(join(cwd, 'first', 'steps.jsonl'), 'utf8')
        .trim()
        .split('\n'),
    ).toHaveLength(3);
    expect(readdirSync(join(cwd, 'first', 'samples'))).toContain('step-000003.png');
  });

  it('refuses a precision that cannot be had here, before anything is written; exit code 2', async () => {
    const settings = [...tinySettings, 'data.path=pairs', 'precision=bfloat16', 'run.dir=refused'];
    const { code, stderr } = await ggb(['train', ...settings], { environment: { GGB_ISA: 'baseline' } });
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /ggb: Precision bfloat16 is not available: (GGB_ISA keeps the engine to baseline|this processor lacks avx512_bf16).*\n {2}.*float32/,
    );
    expect(existsSync(join(cwd, 'refused'))).toBe(false);
  });

  it('numbers runs, and never writes into a folder that is not empty', async () => {
    await train('training.steps=1');
    await train('training.steps=1');
    expect(readdirSync(join(cwd, 'runs'))).toEqual(['00001', '00002']);
    const { code, stderr } = await train('training.steps=1', 'run.dir=runs/00001');
    expect(code).toBe(2);
    expect(stderr).toMatch(/runs\/00001.*is not empty/);
  });

  it('takes --threads into the config', async () => {
    const { stdout } = await ggb(['train', 'preset=quick', '--threads', '1', '--explain-config']);
    expect(stdout).toMatch(/^threads: 1 +# "threads=1"$/m);
  });

  it('prints config and numbers of parameters with --dry-run, and writes nothing', async () => {
    const before = readdirSync(cwd);
    const { code, stdout } = await ggb(['train', ...tinySettings, 'data.path=pairs', '--dry-run']);
    expect(code).toBe(0);
    expect(parse(stdout)).toMatchObject({ preset: 'quick', model: { levels: 4, guidedLevels: [1, 2, 3] } });
    expect(stdout).toMatch(/^# parameters: generator [\d,]+, discriminator [\d,]+, guiding blocks [\d,]+$/m);
    expect(stdout).toMatch(/^# pairs: 6 to train on, 3 to evaluate on, all readable$/m);
    expect(readdirSync(cwd)).toEqual(before);
  });
});

it('says that a fused update is not the literal one', async () => {
  const short = ['train', ...tinySettings, 'data.path=pairs', 'training.steps=1'];
  const literal = await ggb([...short, 'run.dir=literal']);
  const fused = await ggb([...short, 'run.dir=fused', 'training.update=fused']);
  expect([literal.code, fused.code]).toEqual([0, 0]);
  expect(literal.stderr).not.toMatch(/Not the literal/);
  expect(fused.stderr).toMatch(/Fused update: .*Not the literal section 2\.3\./);
});

describe('what is wrong is found before training starts', () => {
  it.each([
    ['a missing image', { source: 'missing.png' }, /bad\.jsonl:1:source: .*missing\.png/],
    ['an image of another size', { image: 64 }, /expected 64 x 64 pixels \(image\.size\), received 32 x 32/],
    ['a joint too few', { keypoints: [[1, 2]] }, /bad\.jsonl:1:keypoints: /],
    ['no such split', { split: 'train ing' }, /is in split "val": expected one of/],
  ])('%s', async (_name, change: { source?: string; image?: number; keypoints?: unknown; split?: string }, message) => {
    const [line] = readFileSync(join(cwd, 'pairs', 'pairs.jsonl'), 'utf8').split('\n');
    const { image = tinySize, ...changes } = change;
    const manifest = join(cwd, 'pairs', 'bad.jsonl');
    writeFileSync(manifest, `${JSON.stringify({ ...JSON.parse(line as string), ...changes })}\n`);
    const split = change.split === undefined ? 'train' : 'val';
    const { code, stdout, stderr } = await train(
      `data.path=${manifest}`,
      `image.size=${image}`,
      `data.split=${split}`,
      'run.dir=never',
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(existsSync(join(cwd, 'never'))).toBe(false);
  });

  it('a backend that cannot train', async () => {
    const { code, stderr } = await train('backend=wasm', 'run.dir=never');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^ggb: Backend wasm is not available: it cannot train/);
    expect(existsSync(join(cwd, 'never'))).toBe(false);
  });
});

describe('Ctrl-C', () => {
  it('saves and ends with 0; ggb resume then makes the same weights as a run that nobody interrupted', async () => {
    let isSent = false;
    const args = ['train', ...tinySettings, 'data.path=pairs', 'training.decay=none', 'run.dir=stopped'];
    const stopped = await ggb([...args, 'training.steps=100000'], {
      onStderr: (text, child) => {
        // The first line of progress comes with the first step; log lines are seldom after that.
        if (isSent || !/^step /m.test(text)) return;
        isSent = true;
        child.kill('SIGINT');
      },
    });
    expect(stopped.code).toBe(0);
    expect(stopped.stderr).toContain('Stopping after this step, to save.');
    expect(stopped.stdout).toMatch(
      /^Stopped after \d+ steps .*\nSaved: .*\nContinue with: npx --no-install ggb resume stopped\n$/,
    );
    const step = Number(/Stopped after (\d+) steps/.exec(stopped.stdout)?.[1]);

    const last = step + 2;
    const resumed = await ggb(['resume', 'stopped', `training.steps=${last}`]);
    expect(resumed.stderr).toContain('Run: stopped');
    expect(resumed.code).toBe(0);
    const whole = await train('training.decay=none', `training.steps=${last}`, 'run.dir=whole');
    expect(whole.code).toBe(0);
    const name = `step-${String(last).padStart(6, '0')}.json`;
    const hash = (run: string) => json(run, 'checkpoints', name).sha256;
    // The settings in a checkpoint do not hold the length of the run, so the bytes are equal.
    expect(hash('stopped')).toBe(hash('whole'));
  });

  it('a second time ends at once, with 130', async () => {
    let sent = 0;
    const { code } = await ggb(
      ['train', ...tinySettings, 'data.path=pairs', 'run.dir=killed', 'training.steps=100000'],
      {
        onStderr: (text, child) => {
          if (sent === 0 && /^step /m.test(text)) {
            sent = 1;
            // Both while it stands still: it must not find time to save between them.
            for (const signal of ['SIGSTOP', 'SIGINT', 'SIGTERM', 'SIGCONT'] as const) child.kill(signal);
          }
        },
      },
    );
    expect(code).toBe(130);
  });
});

describe('ggb resume', () => {
  it('says how to let a finished run go on', async () => {
    await train('training.steps=2', 'run.dir=finished');
    const { code, stderr } = await ggb(['resume', 'finished']);
    expect(code).toBe(2);
    expect(stderr).toBe(
      'ggb: finished: the run has done all of its steps: 2 of 2.\n  Let it go on: npx --no-install ggb resume finished training.steps=4\n',
    );
  });

  it('refuses a manifest that changed, unless it is named; notes that, and a decay of another length', async () => {
    const manifest = join(cwd, 'pairs', 'grown.jsonl');
    const lines = readFileSync(join(cwd, 'pairs', 'pairs.jsonl'), 'utf8');
    writeFileSync(manifest, lines);
    const decaying = ['training.decay=second-half', 'run.dir=grown'];
    await train(`data.path=${manifest}`, 'training.steps=1', ...decaying);
    writeFileSync(manifest, `${lines}\n`);
    const refused = await ggb(['resume', 'grown', 'training.steps=2']);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /was trained on another manifest: .* had the SHA-256 [0-9a-f]{64}, and .* has [0-9a-f]{64}/,
    );
    expect(refused.stderr).toContain('Note: the learning rate decays with the length of the run');
    const named = await ggb(['resume', 'grown', 'training.steps=2', 'data.path=pairs/grown.jsonl']);
    expect(named.code).toBe(0);
    expect(named.stderr).toContain('The run goes on with changed data');
    expect(json('grown', 'run.json').sessions).toHaveLength(2);
    expect(existsSync(join(cwd, 'grown', 'run.lock'))).toBe(false);
  });

  it('leaves a run alone that another process trains', async () => {
    await train('training.steps=1', 'run.dir=busy');
    writeFileSync(join(cwd, 'busy', 'run.lock'), `{"pid":${process.pid}}`);
    const { code, stderr } = await ggb(['resume', 'busy', 'training.steps=2']);
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`^ggb: busy: process ${process.pid} is training in this folder`, 'm'));
  });

  it('does not move a run', async () => {
    await train('training.steps=1', 'run.dir=here');
    const { code, stderr } = await ggb(['resume', 'here', 'training.steps=3', 'run.dir=there']);
    expect(code).toBe(2);
    expect(stderr).toContain('"run.dir=there": a resumed run stays in its folder');
  });
});

describe('the losses on the progress line', () => {
  it('are those of D and G, and means over the levels; probabilities are left to steps.jsonl', () => {
    expect(
      lossesOnLine({
        discriminator: 1,
        'generator.adversarial': 2,
        'generator.reconstruction': 3,
        'discriminator.real': 0.9,
        'level1.rapd': 4,
        'level1.rapd.real': 0.8,
        'level2.rapd': 6,
      }),
    ).toEqual({ D: 1, adversarial: 2, L1: 3, RAPD: 5 });
  });
});
