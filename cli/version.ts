import { createRequire } from 'node:module';

/** The version of the package. */
export function version(): string {
  const { version: text } = createRequire(import.meta.url)('udpchat/package.json') as {
    version: string;
  };
  return text;
}
