import { MESSAGE_BYTES } from './config.ts';

/**
 * Records as the messages that they go in: neighbours share one (a CBOR sequence, RFC 8742) as long
 * as it is no longer than `MESSAGE_BYTES`. A longer record goes alone, as it is.
 */
export function joinRecords(records: readonly Uint8Array[]): readonly Uint8Array[] {
  const messages: Uint8Array[] = [];
  let shared: Uint8Array[] = [];
  let size = 0;
  for (const record of records) {
    if (shared.length > 0 && size + record.length > MESSAGE_BYTES) {
      messages.push(concat(shared, size));
      shared = [];
      size = 0;
    }
    shared.push(record);
    size += record.length;
  }
  if (shared.length > 0) messages.push(concat(shared, size));
  return messages;
}

/** How many of them, from the first, fill messages in which a further one would have no room. */
export function countFull(records: readonly Uint8Array[]): number {
  let start = 0;
  let size = 0;
  for (const [i, { length }] of records.entries()) {
    if (i > start && size + length > MESSAGE_BYTES) {
      start = i;
      size = 0;
    }
    size += length;
  }
  const last = records.at(-1)?.length ?? 0;
  return size + last > MESSAGE_BYTES ? records.length : start;
}

function concat(records: readonly Uint8Array[], size: number): Uint8Array {
  const [only, ...others] = records;
  if (only !== undefined && others.length === 0) return only;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const record of records) {
    bytes.set(record, at);
    at += record.length;
  }
  return bytes;
}
