import { CsvError, formatCsvRecord, parseCsv } from './csv.ts';

describe('parseCsv', () => {
  it('reads plain, quoted and empty fields', () => {
    expect(parseCsv('a,"b,""c""",,\n,x\n')).toEqual([
      { line: 1, fields: ['a', 'b,"c"', '', ''] },
      { line: 2, fields: ['', 'x'] },
    ]);
  });

  it('counts lines through quoted line ends, and skips empty ones', () => {
    expect(parseCsv('"a\nb",c\r\n\r\nd,e')).toEqual([
      { line: 1, fields: ['a\nb', 'c'] },
      { line: 4, fields: ['d', 'e'] },
    ]);
  });

  it.each([
    ['a\n"b', 2],
    ['a\nb"c"\n', 2],
    ['"a"b,c', 1],
  ])('refuses quotes that are not around a whole field: %j', (text, line) => {
    expect(() => parseCsv(text)).toThrow(new CsvError(line));
  });

  it('takes long files: 20,000 records of a kilobyte', () => {
    const text = `"${'[1.5,2.5],'.repeat(100)}",x\n`.repeat(20_000);
    const start = performance.now();
    expect(parseCsv(text)).toHaveLength(20_000);
    // Measured 0.15 s alone; the limit is for a parser that became quadratic, which takes minutes.
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

describe('formatCsvRecord', () => {
  it('writes what is read back', () => {
    const fields = ['plain', 'a,b', 'say "x"', 'two\nlines', ''];
    expect(parseCsv(formatCsvRecord(fields))).toEqual([{ line: 1, fields }]);
  });
});
