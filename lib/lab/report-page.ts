import type { ReportData } from './report-data.ts';

/** What a page is made of besides its data; all is put into the one file. */
export interface PageParts {
  readonly style: string;
  /** d3, Plot, and the page's own script, in this order. */
  readonly scripts: readonly string[];
}

/** Where the data stands in a page: `lab verify` and `lab compare` read it from there. */
const DATA_TAG = '<script type="application/json" id="data">';

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/** One HTML file that needs no network: data, libraries, script and style are in it. */
export function formatPage(data: ReportData, { style, scripts }: PageParts): string {
  const inlined = scripts.map(
    (text) => `<script>${text.replaceAll('</script', '<\\/script')}</script>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="color-scheme" content="light dark">
<title>udpchat lab: sweep ${escapeHtml(data.provenance.hash.slice(0, 12))}</title>
<style>${style}</style>
</head>
<body>
<main id="page"><noscript>This page needs JavaScript; results.csv has the figures.</noscript>
</main>
${DATA_TAG}${escapeJson(data)}</script>
${inlined.join('\n')}
</body>
</html>
`;
}

/** The data of a page; undefined when there is none, as in a file cut short. */
export function readPage(html: string): ReportData | undefined {
  const start = html.indexOf(DATA_TAG);
  const end = html.indexOf('</script>', start);
  if (start < 0 || end < 0) return undefined;
  try {
    return JSON.parse(html.slice(start + DATA_TAG.length, end)) as ReportData;
  } catch {
    return undefined;
  }
}

/** JSON that no HTML parser sees the end of a script in. */
function escapeJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
