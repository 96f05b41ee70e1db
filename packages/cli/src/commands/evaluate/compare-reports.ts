// `ggb evaluate --compare A.json B.json`: reports in one table, with a warning wherever the numbers must not be compared.
import { readFile } from 'node:fs/promises';
import { comparisonWarnings, parseComparable } from '@ggb/metrics/node';
import { comparisonTable } from '../../report/evaluation-table.ts';

/** Reports of folders, and records of runs. @throws ReportError */
export async function compareReports(files: readonly string[]): Promise<void> {
  const reports = await Promise.all(
    files.map(async (name) => ({ name, report: parseComparable(name, await readFile(name, 'utf8')) })),
  );
  const warnings = comparisonWarnings(reports.map(({ report }) => report));
  const warned = warnings.map((warning) => `WARNING: ${warning}`).join('\n');
  // In the text of the table itself: a table that is copied or piped must carry it.
  console.log(warned === '' ? comparisonTable(reports) : `${warned}\n${comparisonTable(reports)}\n${warned}`);
}
