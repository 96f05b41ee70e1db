import { gridLayout, scrollTopFor, Travel, visibleRows } from './grid.select.ts';

describe('the virtual grid', () => {
  const layout = gridLayout(20_000, 1000, 192, 3, 20);

  it('shares the width among as many columns as fit', () => {
    expect(layout).toEqual({ columns: 5, cellWidth: 200, cellHeight: 87, rowCount: 4000, height: 348_000 });
    expect(gridLayout(3, 100, 192, 1, 0)).toMatchObject({ columns: 1, cellWidth: 100, rowCount: 3 });
    expect(gridLayout(0, 1000, 192, 1, 0)).toMatchObject({ rowCount: 0, height: 0 });
  });

  it('draws what is on the screen and a few rows more, never beyond the ends', () => {
    expect(visibleRows(layout, 8700, 870, 2)).toEqual([98, 112]);
    expect(visibleRows(layout, 0, 870, 2)).toEqual([0, 12]);
    expect(visibleRows(layout, layout.height - 870, 870, 2)).toEqual([3988, 4000]);
    expect(visibleRows(gridLayout(0, 1000, 192, 1, 0), 0, 870, 2)).toEqual([0, 0]);
  });

  it('scrolls as little as it takes to show a cell', () => {
    expect(scrollTopFor(7, layout, 0, 870)).toBe(0);
    expect(scrollTopFor(7, layout, 500, 870)).toBe(87);
    expect(scrollTopFor(50, layout, 0, 870)).toBe(87);
  });
});

it('knows how far one has scrolled just now, up or down, and forgets it', () => {
  const travel = new Travel();
  expect(travel.moved(120, 1000)).toBe(120);
  expect(travel.moved(-120, 1016)).toBe(240);
  expect(travel.moved(4000, 1100)).toBe(4240);
  expect(travel.moved(10, 1240)).toBe(4010);
  expect(travel.moved(0, 5000)).toBe(0);
});
