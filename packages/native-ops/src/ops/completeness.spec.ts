import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findGaps } from './completeness.ts';

const opsFolder = dirname(fileURLToPath(import.meta.url));

describe('every op folder', () => {
  it('has the files it must have and stands in both registries', () => {
    expect(findGaps(opsFolder)).toEqual([]);
  });
});

describe('a new op folder', () => {
  let copy: string;
  beforeEach(() => {
    copy = mkdtempSync(join(tmpdir(), 'ggb-ops-'));
    cpSync(opsFolder, copy, { recursive: true });
  });
  afterEach(() => {
    rmSync(copy, { recursive: true });
  });

  it('without files fails by the name of each', () => {
    mkdirSync(join(copy, 'fused', 'new-op'), { recursive: true });
    const gaps = findGaps(copy);
    for (const suffix of ['.md', '.ts', '.reference.ts', '.gradient.ts', '.portable.cc', '.cases.ts', '.spec.ts']) {
      expect(gaps).toContainEqual(expect.stringContaining(`ops/fused/new-op: new-op${suffix} is missing`));
    }
    expect(gaps).toContainEqual(expect.stringContaining('registry.ts does not import it'));
  });

  it('of TF.js kernels needs neither page nor reference: TF.js itself is both', () => {
    mkdirSync(join(copy, 'standard', 'new-family'));
    const missing = findGaps(copy).filter((gap) => gap.includes('new-family') && gap.includes('is missing'));
    expect(missing.map((gap) => gap.split(' ')[1])).toEqual([
      'new-family.ts',
      'new-family.portable.cc',
      'new-family.cases.ts',
      'new-family.spec.ts',
    ]);
  });

  it('may say in its page that it has no gradient, with the reason', () => {
    const folder = join(copy, 'fused', 'new-op');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'new-op.md'), '# new-op\n\nGradient: none, because it updates in place.\n');
    expect(findGaps(copy).join('\n')).not.toContain('new-op.gradient.ts');
  });

  it.each([
    ['import', 'import { elementwiseKernels }', 'standard/elementwise: registry.ts does not import it'],
    [
      'line in the list',
      '...elementwiseKernels',
      'elementwise: registry.ts imports elementwiseKernels, but does not list',
    ],
  ])('whose %s in registry.ts is commented out fails', (_name, line, gap) => {
    const registry = join(copy, 'registry.ts');
    const source = readFileSync(registry, 'utf8');
    expect(source).toContain(line);
    writeFileSync(registry, source.replace(line, `// ${line}`));
    expect(findGaps(copy)).toContainEqual(expect.stringContaining(gap));
  });

  it('whose kernel registry.cc forgot fails by the name of the kernel', () => {
    const family = join(copy, 'standard', 'elementwise');
    writeFileSync(
      join(family, 'more.portable.cc'),
      'Status forgotten_op(CommandReader& arguments, ExecutionContext& context) {\n}\n',
    );
    expect(readdirSync(family)).toContain('more.portable.cc');
    expect(findGaps(copy)).toContainEqual(
      expect.stringContaining('elementwise: forgotten_op is defined, but registry.cc'),
    );
  });
});
