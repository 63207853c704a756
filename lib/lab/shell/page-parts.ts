import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PageParts } from '../report-page.ts';

const VENDOR = {
  'd3.min.js': 'd3/dist/d3.min.js',
  'plot.umd.min.js': '@observablehq/plot/dist/plot.umd.min.js',
} as const;

/** Reads what a page is made of: from the package, where the build put it, or from the sources. */
export function pageParts(): PageParts {
  const own = (name: string): string => read(new URL(`../page/${name}`, import.meta.url));
  const vendor = Object.entries(VENDOR).map(([name, source]) => {
    const built = new URL(`../page/vendor/${name}`, import.meta.url);
    const installed = new URL(`../../../node_modules/${source}`, import.meta.url);
    return read(existsSync(built) ? built : installed);
  });
  return { style: own('report.css'), scripts: [...vendor, own('report.js')] };
}

function read(url: URL): string {
  return readFileSync(fileURLToPath(url), 'utf8');
}
