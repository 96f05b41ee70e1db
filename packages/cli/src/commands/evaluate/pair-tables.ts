// Scores of single pairs for spreadsheets and data frames. Every row or file says the protocol: rows of two files that are
// put together must not lose it.
import type { PairMetricName } from '@ggb/metrics';
import type { EvaluationReport, PairRow } from '@ggb/metrics/node';
import { replaceFile, writeWhole } from '../../whole-file.ts';

type NamedProtocol = EvaluationReport['protocol'];

/** Columns name, real, the metrics, protocol, protocolHash. An infinite score is `inf`, as NumPy and pandas write it. */
export async function writePairsCsv(
  file: string,
  rows: Iterable<PairRow>,
  metrics: readonly PairMetricName[],
  protocol: NamedProtocol,
): Promise<void> {
  await writeWhole(file, csvLines(rows, metrics, protocol));
}

function* csvLines(rows: Iterable<PairRow>, metrics: readonly PairMetricName[], { name, hash }: NamedProtocol) {
  yield csvLine(['name', 'real', ...metrics, 'protocol', 'protocolHash']);
  for (const row of rows) {
    yield csvLine([row.name, row.real, ...metrics.map((metric) => `${row[metric] ?? 'inf'}`), name, hash]);
  }
}

function csvLine(fields: readonly string[]): string {
  const quoted = fields.map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field));
  return `${quoted.join(',')}\n`;
}

/** The same columns but for the protocol, which stands in the metadata of the file. Infinite scores are infinite. */
export async function writePairsParquet(
  file: string,
  rows: Iterable<PairRow>,
  metrics: readonly PairMetricName[],
  protocol: NamedProtocol,
): Promise<void> {
  const { parquetWriteFile } = await import('hyparquet-writer');
  const names: string[] = [];
  const reals: string[] = [];
  const columns = metrics.map(() => [] as number[]);
  for (const row of rows) {
    names.push(row.name);
    reals.push(row.real);
    for (const [i, metric] of metrics.entries())
      columns[i]?.push((row[metric] as number | null) ?? Number.POSITIVE_INFINITY);
  }
  await replaceFile(file, async (filename) => {
    parquetWriteFile({
      filename,
      columnData: [
        { name: 'name', data: names, type: 'STRING', nullable: false },
        { name: 'real', data: reals, type: 'STRING', nullable: false },
        ...metrics.map((name, i) => ({
          ...{ name, data: Float64Array.from(columns[i] ?? []), type: 'DOUBLE' as const, nullable: false },
        })),
      ],
      kvMetadata: [
        { key: 'protocol', value: protocol.name },
        { key: 'protocolHash', value: protocol.hash },
      ],
    });
  });
}
