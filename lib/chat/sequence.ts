import { MESSAGE_BYTES } from './config.ts';

/**
 * Records as the messages that they go in: neighbours share one (a CBOR sequence, RFC 8742) as long
 * as it is no longer than `MESSAGE_BYTES`. A longer record goes alone, as it is.
 */
export function joinRecords(records: readonly Uint8Array[]): readonly Uint8Array[] {
  const messages: Uint8Array[] = [];
  let start = 0;
  let size = 0;
  for (const [i, { length }] of records.entries()) {
    if (i > start && size + length > MESSAGE_BYTES) {
      messages.push(concat(records, { start, end: i, size }));
      start = i;
      size = 0;
    }
    size += length;
  }
  if (records.length > 0) messages.push(concat(records, { start, end: records.length, size }));
  return messages;
}

function concat(
  records: readonly Uint8Array[],
  { start, end, size }: { readonly start: number; readonly end: number; readonly size: number },
): Uint8Array {
  const [first] = records.slice(start, start + 1);
  if (first !== undefined && end === start + 1) return first;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (let i = start; i < end; i++) {
    const record = records[i];
    if (record === undefined) continue;
    bytes.set(record, at);
    at += record.length;
  }
  return bytes;
}
