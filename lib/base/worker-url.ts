/**
 * Where the worker is that stands beside the module at `beside`: TypeScript in the sources,
 * JavaScript in what is published.
 */
export function workerUrl(name: string, beside: string): URL {
  const suffix = beside.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./${name}.worker.${suffix}`, beside);
}
