import {
  appendSteps,
  applySteps,
  imageNameOf,
  noSteps,
  parseResultTable,
  parseRunDetails,
  type StepColumns,
  thumbnailSize,
  viewDataVersion,
} from './view-data.ts';

const steps = (from: number, losses: StepColumns['losses']): StepColumns => ({
  ...{ step: [from], seconds: [from], imagesPerSecond: [1], learningRate: [1e-3] },
  losses,
});

describe('steps', () => {
  it('are appended column by column; a loss that records lack is null there', () => {
    const both = appendSteps(steps(1, { a: [0.5], b: [1] }), steps(2, { a: [0.25], c: [2] }));
    expect(both.step).toEqual([1, 2]);
    expect(both.losses).toEqual({ a: [0.5, 0.25], b: [1, null], c: [null, 2] });
    expect(appendSteps(noSteps, both)).toEqual(both);
  });

  it('are replaced by a change that says so', () => {
    const [before, columns] = [steps(9, { a: [1] }), steps(1, { b: [2] })];
    expect(applySteps(before, { kind: 'steps', replaces: true, columns })).toBe(columns);
  });

  it('take the place of those that come a second time', () => {
    const before = appendSteps(steps(1, { a: [1] }), steps(2, { a: [2] }));
    const columns = appendSteps(steps(2, { a: [20] }), steps(3, { a: [30] }));
    const after = applySteps(before, { kind: 'steps', replaces: false, columns });
    expect([after.step, after.losses]).toEqual([[1, 2, 3], { a: [1, 20, 30] }]);
    expect(applySteps(before, { kind: 'steps', replaces: false, columns: noSteps })).toBe(before);
  });
});

describe('a table from its JSON', () => {
  const table = {
    version: viewDataVersion,
    ids: ['a', 'b'],
    metrics: { ssim: { direction: 'higher', unit: '', mean: 0.5, values: [0.5, null] } },
    poseChange: [1, 2],
  };

  it('is taken when every column has a value for each row', () => {
    expect(parseResultTable(table)).toBe(table);
  });

  it('is refused with the column that has not', () => {
    expect(() => parseResultTable({ ...table, poseChange: [1] })).toThrow(
      'results: poseChange: expected 2 values, as many as ids, received 1.',
    );
    const metrics = { ssim: { ...table.metrics.ssim, values: [] } };
    expect(() => parseResultTable({ ...table, metrics }, 'data.js')).toThrow(
      /^data\.js: metrics\.ssim\.values: expected 2/,
    );
  });

  it('is refused in another version, as a run is', () => {
    const other = { ...table, version: 99 };
    expect(() => parseResultTable(other)).toThrow(
      'results: version: expected 1, the version that this viewer reads, received 99.',
    );
    expect(() => parseRunDetails(undefined)).toThrow(/received nothing/);
  });
});

it('knows the names of pictures from other text', () => {
  expect(['source', 'condition', 'output', 'truth', 'level3', 'level12'].map(imageNameOf)).not.toContain(undefined);
  expect(['', 'Output', 'level', 'level123', 'level-1', '../output', '__proto__', 'output '].map(imageNameOf)).toEqual(
    Array(8).fill(undefined),
  );
});

it('rounds sizes of thumbnails up to those that are made', () => {
  expect([1, 64, 65, 200, 512, 4000].map(thumbnailSize)).toEqual([64, 64, 96, 256, 512, 512]);
});
