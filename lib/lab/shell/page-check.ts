import { type ReportData, reportData } from '../report-data.ts';
import { formatPage } from '../report-page.ts';
import type { CellResult } from '../sweep.ts';
import { pageParts } from './page-parts.ts';
import { resultsHash } from './sweep-folder.ts';

/**
 * Holds a page, and the data read from it, against what its sweep gave when it was run again: what
 * differs, for people; undefined when no byte does. What the page says of its machine, its command
 * and its version is taken as it is.
 */
export function checkPage(
  html: string,
  data: ReportData,
  results: readonly CellResult[],
): string | undefined {
  const { plan, provenance } = data;
  const hash = resultsHash(plan, results);
  if (hash !== provenance.hash) {
    return `the results differ: sha256 ${provenance.hash} in the page, ${hash} now`;
  }
  const again = reportData(plan, results, provenance);
  const wrong = again.groups.findIndex(
    (group, i) => JSON.stringify(group) !== JSON.stringify(data.groups[i]),
  );
  const { loss, delay, arq } = again.groups[wrong] ?? {};
  if (arq !== undefined) {
    return `it shows other figures than its sweep has: ${arq} at ${loss} % and ${delay} ms`;
  }
  if (JSON.stringify(again) !== JSON.stringify(data))
    return 'it shows what its sweep does not have';
  if (html === formatPage(again, pageParts())) return undefined;
  return 'its figures are right, but the page around them is not the one that this build makes';
}
