// Comma-separated values as RFC 4180 has them: quoted fields may hold commas, doubled quotes and line ends.

export interface CsvRecord {
  /** 1-based line on which the record begins. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** A quote that never closes, or one inside a field; `line` is where the field begins. */
export class CsvError extends Error {
  override readonly name = 'CsvError';

  constructor(readonly line: number) {
    super(`line ${line}: expected quotes around whole fields, doubled inside them`);
  }
}

/**
 * The records of a text. Lines end in LF or CRLF; empty lines are skipped.
 *
 * @throws CsvError
 */
export function parseCsv(text: string): CsvRecord[] {
  const records: CsvRecord[] = [];
  // A field: quoted, or up to the next comma or line end; then what ended it.
  const field = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r?\n|$)/gy;
  let line = 1;
  let begins = 1;
  let fields: string[] = [];
  while (field.lastIndex < text.length) {
    const opened = line;
    const start = field.lastIndex;
    const match = field.exec(text);
    if (match === null) throw new CsvError(opened);
    const [all, quoted, plain, end] = match;
    fields.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'));
    for (let i = start; i < start + all.length; i++) if (text[i] === '\n') line++;
    if (end === ',' && field.lastIndex < text.length) continue;
    if (end === ',') fields.push('');
    if (fields.length > 1 || fields[0] !== '') records.push({ line: begins, fields });
    fields = [];
    begins = line;
  }
  return records;
}

/** One record as a line without its end. */
export function formatCsvRecord(fields: readonly string[]): string {
  return fields.map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',');
}
