import { Flag, SERVER_ID_LENGTH } from '../wire/packet.ts';
import { isLong } from '../wire/packet-codec.ts';
import type { Address } from './machine.ts';

/** Values of the first byte of a connection id. */
const SHARD_BYTE = 256;

/** Ids of one shard: what the other three bytes hold. */
const IDS_PER_SHARD = 2 ** 24;

/** Where the first byte of the id is in a short packet (spec/protocol section 2.1). */
const SHORT_ID_OFFSET = 1;

/** Where length and first byte of the destination id are in a long one (section 2.2). */
const LONG_ID_LENGTH_OFFSET = 5;

/** Shards that a server may have. */
export const MAX_SHARDS: number = SHARD_BYTE;

/**
 * Which of `shards` owns connection `id`. Ids of an earlier run that had more shards belong to
 * somebody too: who asks for them is to hear that they are gone.
 */
export function shardOfId(id: number, shards: number): number {
  return Math.floor(id / IDS_PER_SHARD) % shards;
}

/** Which of `shards` owns the connection of a datagram to a server; undefined: it names none. */
export function shardOfDatagram(bytes: Uint8Array, shards: number): number | undefined {
  if (isLong(bytes)) {
    if (bytes[LONG_ID_LENGTH_OFFSET] !== SERVER_ID_LENGTH) return undefined;
    return (bytes[LONG_ID_LENGTH_OFFSET + 1] ?? 0) % shards;
  }
  if (((bytes[0] ?? 0) & Flag.hasId) === 0) return undefined;
  return (bytes[SHORT_ID_OFFSET] ?? 0) % shards;
}

/** Which of `shards` is to take a newcomer: always the same for one address (FNV-1a). */
export function shardOfAddress({ address, port }: Address, shards: number): number {
  let hash = 0x811c9dc5 ^ port;
  for (let i = 0; i < address.length; i++) {
    hash = Math.imul(hash ^ address.charCodeAt(i), 0x01000193);
  }
  hash ^= hash >>> 15;
  return (Math.imul(hash, 0x2c1b3c6d) >>> 16) % shards;
}
