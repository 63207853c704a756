// CRC-32C (Castagnoli, RFC 9260 appendix A), four tables so that four bytes go in one round.

const POLYNOMIAL = 0x82f63b78;
const TABLES = makeTables();

function makeTables(): Uint32Array {
  const tables = new Uint32Array(4 * 256);
  for (let n = 0; n < 256; n++) {
    let crc = n;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    tables[n] = crc;
  }
  for (let n = 0; n < 256; n++) {
    for (let table = 1; table < 4; table++) {
      const previous = at(tables, (table - 1) * 256 + n);
      tables[table * 256 + n] = (previous >>> 8) ^ at(tables, previous & 0xff);
    }
  }
  return tables;
}

function at(tables: Uint32Array, index: number): number {
  return tables[index] ?? 0;
}

/**
 * The checksum of `bytes[start, end)`, continuing from `seed` (the result for what came before).
 */
export function crc32c(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  let crc = ~seed;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    crc ^=
      (bytes[i] ?? 0) |
      ((bytes[i + 1] ?? 0) << 8) |
      ((bytes[i + 2] ?? 0) << 16) |
      ((bytes[i + 3] ?? 0) << 24);
    crc =
      at(TABLES, 768 + (crc & 0xff)) ^
      at(TABLES, 512 + ((crc >>> 8) & 0xff)) ^
      at(TABLES, 256 + ((crc >>> 16) & 0xff)) ^
      at(TABLES, crc >>> 24);
  }
  for (; i < end; i++) crc = (crc >>> 8) ^ at(TABLES, (crc ^ (bytes[i] ?? 0)) & 0xff);
  return ~crc >>> 0;
}
