import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

export const root = at('../..');
export const dist = at('../../dist');
export const lockfile = at('../../package-lock.json');
/** npm's own note of what it installed. */
export const installed = at('../../node_modules/.package-lock.json');
/** Written when a build is complete; its time is the build's. */
export const stamp = at('../../node_modules/.udpchat-built');
