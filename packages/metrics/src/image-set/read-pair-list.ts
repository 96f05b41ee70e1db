// Pairs that a person has listed: real and generated image on each line, or the manifest that images were generated from.
import { readFileSync } from 'node:fs';
import { dirname, extname, isAbsolute, relative, resolve, sep } from 'node:path';
import { type ImageSetProblem, printable } from './image-set-problem.ts';

/** x and y in pixels of the image, or null for a joint that is not visible. */
export type ListedJoint = readonly [number, number] | null;

export interface ListedPair {
  readonly line: number;
  /** As written. */
  readonly real: string;
  /** As written; undefined in a manifest of pairs to generate, whose images are named by `id`. */
  readonly generated?: string;
  readonly id?: string;
  /** Source and target in a list of the form from,to: the generated image is the one whose joined name says both. */
  readonly from?: string;
  /** Of the target (COCO-18), for protocols with a mask. */
  readonly keypoints?: readonly ListedJoint[];
}

export interface PairList {
  readonly file: string;
  readonly pairs: readonly ListedPair[];
}

const expectedColumns =
  'columns real,generated, or from,to (PATN), or a manifest of pairs with source,target (docs/pairs.md)';

/**
 * Reads `.jsonl`, `.csv` or `.txt` (comma-separated).
 *
 * @throws what the system says if the file cannot be read.
 */
export function readPairList(path: string, problems: ImageSetProblem[]): PairList {
  const text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  const report = (line: number, expected: string, received: string) =>
    void problems.push({
      kind: 'manifest',
      severity: 'error',
      side: 'manifest',
      file: `${printable(path)}:${line}`,
      expected,
      received,
      advice: 'docs/how-to/evaluate-folders.md shows the forms of a list.',
    });
  const rows = extname(path) === '.jsonl' ? jsonRows(text, report) : csvRows(text, report);
  const pairs = rows.flatMap(({ line, values }) => listedPair(line, values, report) ?? []);
  if (pairs.length === 0 && problems.every(({ kind }) => kind !== 'manifest')) report(1, 'at least one pair', 'none');
  return { file: path, pairs };
}

type Report = (line: number, expected: string, received: string) => void;

interface Row {
  readonly line: number;
  readonly values: Readonly<Record<string, unknown>>;
}

function jsonRows(text: string, report: Report): Row[] {
  return text.split('\n').flatMap((content, index): Row[] => {
    if (content.trim() === '') return [];
    const line = index + 1;
    try {
      const values: unknown = JSON.parse(content);
      if (typeof values === 'object' && values !== null && !Array.isArray(values)) {
        return [{ line, values: values as Record<string, unknown> }];
      }
      report(line, 'one JSON object', content.slice(0, 60));
    } catch (error) {
      report(line, 'one JSON object', (error as Error).message);
    }
    return [];
  });
}

/** RFC 4180, but for line ends within quotes, which no file name of use has. */
function csvRows(text: string, report: Report): Row[] {
  const rows: Row[] = [];
  let columns: readonly string[] | undefined;
  for (const [index, content] of text.split(/\r?\n/).entries()) {
    if (content.trim() === '') continue;
    const line = index + 1;
    const fields = csvFields(content);
    if (fields === undefined) {
      report(line, 'quotes around whole fields, doubled inside them', content.slice(0, 60));
      continue;
    }
    if (columns === undefined) {
      const isHeader = fields.some((field) => ['real', 'generated', 'from', 'to', 'source', 'target'].includes(field));
      columns = isHeader ? fields : fields.length === 2 ? ['real', 'generated'] : undefined;
      if (columns === undefined) {
        report(line, expectedColumns, content.slice(0, 60));
        return [];
      }
      if (isHeader) continue;
    }
    if (fields.length !== columns.length) {
      report(line, `${columns.length} fields, as many as the first line has`, `${fields.length}`);
      continue;
    }
    const entries = columns.map((column, i) => [column, fields[i]] as const).filter(([, field]) => field !== '');
    rows.push({ line, values: Object.fromEntries(entries) });
  }
  return rows;
}

function csvFields(line: string): string[] | undefined {
  const fields: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/gy;
  while (field.lastIndex <= line.length) {
    const match = field.exec(line);
    if (match === null) return undefined;
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2]?.trim() ?? '');
    if (match[3] === '') return fields;
  }
  return fields;
}

function listedPair(line: number, values: Row['values'], report: Report): ListedPair | undefined {
  const text = (key: string): string | undefined => {
    const value = values[key];
    if (value === undefined) return undefined;
    if (typeof value === 'string' && value !== '' && !value.includes('\0')) return value;
    report(line, `text in ${key}`, JSON.stringify(value));
    return undefined;
  };
  const keypoints = keypointsOf(line, values.keypoints, report);
  const more = keypoints === undefined ? {} : { keypoints };
  if (values.real !== undefined || values.generated !== undefined) {
    const [real, generated] = [text('real'), text('generated')];
    if (real !== undefined && generated !== undefined) return { line, real, generated, ...more };
    report(line, 'real and generated', real === undefined ? 'no real' : 'no generated');
    return undefined;
  }
  if (values.to !== undefined && values.from !== undefined) {
    const [real, from] = [text('to'), text('from')];
    return real === undefined || from === undefined ? undefined : { line, real, from, ...more };
  }
  if (values.target !== undefined) {
    const real = text('target');
    return real === undefined ? undefined : { line, real, id: text('id') ?? `${line}`, ...more };
  }
  report(line, expectedColumns, Object.keys(values).join(', '));
  return undefined;
}

function keypointsOf(line: number, value: unknown, report: Report): readonly ListedJoint[] | undefined {
  if (value === undefined) return undefined;
  const joints: unknown = typeof value === 'string' ? parsed(value) : value;
  const isJoint = (joint: unknown) =>
    joint === null ||
    (Array.isArray(joint) && joint.length === 2 && joint.every((coordinate) => Number.isFinite(coordinate)));
  if (Array.isArray(joints) && joints.length === 18 && joints.every(isJoint)) return joints as ListedJoint[];
  const count = Array.isArray(joints) ? joints.length : undefined;
  const others = count === 17 || count === 25 ? ` (docs/pairs.md says what makes them of ${count})` : '';
  const received = count === undefined || count === 18 ? JSON.stringify(value).slice(0, 60) : `${count} entries`;
  report(line, `18 joints in COCO-18 order, [x, y] or null${others}`, received);
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A listed path as it is found below a folder: relative to it, forward slashes; undefined when it lies elsewhere. */
export function pathWithin(folder: string, list: string, written: string): readonly string[] {
  const candidates = [resolve(folder, written), resolve(dirname(list), written)];
  const within = candidates.flatMap((path) => {
    const inside = relative(resolve(folder), path);
    return inside === '' || inside.startsWith('..') || isAbsolute(inside) ? [] : [inside.split(sep).join('/')];
  });
  return [...new Set(within)];
}
