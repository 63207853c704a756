import { readFileSync } from 'node:fs';

/** The example file `name` of spec/protocol, as the type that the caller knows it to have. */
export function vectors<T>(name: string): T {
  const file = new URL(`../protocol/vectors/${name}`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}

export function unhex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** The same value with its byte strings as hexadecimal text, which is how vectors write them. */
export function plain(value: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      item instanceof Uint8Array ? hex(item) : item,
    ]),
  );
}
