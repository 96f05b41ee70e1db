import type { ImageSetProblem } from './image-set-problem.ts';
import type { ImageFolder } from './list-images.ts';
import { NameTable } from './name-table.ts';
import { noPartner, pairByName } from './pair-by-name.ts';

function folder(side: 'real' | 'generated', names: readonly string[]): ImageFolder {
  const table = new NameTable();
  for (const name of names) table.add(name);
  return { side, root: side, names: table.sorted(), ignored: 0 };
}

/** Pairs as [generated, real], and problems. */
function paired(realNames: readonly string[], generatedNames: readonly string[]) {
  const problems: ImageSetProblem[] = [];
  const [real, generated] = [folder('real', realNames), folder('generated', generatedNames)];
  const { realOf, rules } = pairByName(real, generated, problems);
  const pairs = [...realOf].flatMap((partner, i) =>
    partner === noPartner ? [] : [[generated.names.at(i), real.names.at(partner)]],
  );
  return { pairs, rules: Object.keys(rules), problems: problems.map(({ kind, file }) => `${kind} ${file}`) };
}

describe('pairByName', () => {
  it('pairs equal paths first', () => {
    expect(paired(['a.png', 'sub/a.png'], ['sub/a.png', 'a.png'])).toEqual({
      pairs: [
        ['a.png', 'a.png'],
        ['sub/a.png', 'sub/a.png'],
      ],
      rules: ['equal names'],
      problems: [],
    });
  });

  it.each([
    ['another extension', 'a.jpg', 'a.png'],
    ['another sub-folder', 'test/a.jpg', 'a.png'],
    ["PATN's joined names", 'b.jpg', 'a.jpg___b.jpg_vis.jpg'],
    ["pose-gan's joined names", 'b.jpg', 'a.jpg_b.jpg.png'],
    ["PIDM's joined names", 'b.jpg', 'a_2_b_vis.png'],
    ['a joined name in a sub-folder', 'test/b.jpg', 'test/a___b_vis.png'],
    ['a suffix', 'a.png', 'a_fake.png'],
    [
      'another spelling of DeepFashion',
      'fasionMENDenimid0000008001_1front.jpg',
      'fashionMENDenimid0000008001_1front.png',
    ],
    [
      'a joined name in another spelling',
      'MEN/Denim/id_00000080/01_2_side.jpg',
      'fashionMENDenimid0000008001_1front___fashionMENDenimid0000008001_2side_vis.jpg',
    ],
    ['a name that holds the joint itself', '04_2_side.jpg', 'x_2_04_2_side_vis.png'],
  ])('pairs over %s', (_, real, generated) => {
    expect(paired([real], [generated])).toMatchObject({ pairs: [[generated, real]], problems: [] });
  });

  it('lets several generated images share a real one, and real ones that are sources alone be', () => {
    expect(paired(['a.jpg', 'b.jpg', 'c.jpg'], ['a___b_vis.png', 'c___b_vis.png'])).toEqual({
      pairs: [
        ['a___b_vis.png', 'b.jpg'],
        ['c___b_vis.png', 'b.jpg'],
      ],
      rules: ['targets of joined names'],
      problems: [],
    });
  });

  it('names every image without a partner, on both sides', () => {
    expect(paired(['a.png', 'b.png'], ['a.png', 'c.png'])).toMatchObject({
      pairs: [['a.png', 'a.png']],
      problems: ['missing-partner generated/c.png', 'missing-partner real/b.png'],
    });
  });

  it('chooses none of several that fit', () => {
    expect(paired(['a.jpg', 'a.webp'], ['a.png'])).toMatchObject({
      pairs: [],
      problems: ['ambiguous-name generated/a.png'],
    });
  });
});

describe('NameTable', () => {
  const words = Array.from({ length: 700 }, (_, i) => `${(i * 7919) % 701}é${'x'.repeat(i % 40)}`);

  it('gives names back, in order and by name, beyond its first size', () => {
    const table = new NameTable();
    for (const word of words) table.add(word);
    const sorted = table.sorted();
    const expected = [...words].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(Array.from({ length: sorted.length }, (_, i) => sorted.at(i))).toEqual(expected);
    expect(sorted.sorted()).toBe(sorted);
    for (const word of words.slice(0, 50)) {
      const { first, last } = sorted.find(word);
      expect([sorted.at(first), last - first]).toEqual([word, 1]);
      expect(table.at(table.order()[table.find(word, table.order()).first] as number)).toBe(word);
    }
    const { first, last } = sorted.find('not there');
    expect(first).toBe(last);
  });
});
