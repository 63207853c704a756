import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** Cost of one guess: N = 2^15, r = 8, p = 1 take 32 MiB and some 80 ms (RFC 7914). */
const LOG_N = 15;
const BLOCK_SIZE = 8;
const PARALLEL = 1;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Costs above which a verifier is not believed: it would stop the host. */
const LOG_N_MAX = 20;

/** What is kept in place of a password: it can be compared with one, and not turned back. */
export interface PasswordVerifier {
  readonly logN: number;
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

function derive(password: string, salt: Uint8Array, logN: number): Promise<Buffer> {
  const options = { N: 2 ** logN, r: BLOCK_SIZE, p: PARALLEL, maxmem: 2 ** (logN + 11) };
  return new Promise((resolve, reject) => {
    // NFC, so that an ö is an ö on every keyboard (RFC 8265 section 4.2.2).
    scrypt(password.normalize('NFC'), salt, HASH_BYTES, options, (error, hash) => {
      if (error === null) resolve(hash);
      else reject(error);
    });
  });
}

/** The verifier of a password, with a new salt. Takes a while, off the main thread. */
export async function makeVerifier(password: string): Promise<PasswordVerifier> {
  const salt = randomBytes(SALT_BYTES);
  return { logN: LOG_N, salt, hash: await derive(password, salt, LOG_N) };
}

/** Whether `password` is the one; takes as long if it is not. */
export async function verifyPassword(
  { logN, salt, hash }: PasswordVerifier,
  password: string,
): Promise<boolean> {
  return timingSafeEqual(await derive(password, salt, logN), hash);
}

/** `$scrypt$ln=15,r=8,p=1$SALT$HASH`, in the manner of the PHC string format. */
export function formatVerifier({ logN, salt, hash }: PasswordVerifier): string {
  const [salt64, hash64] = [salt, hash].map((bytes) =>
    Buffer.from(bytes).toString('base64').replace(/=+$/, ''),
  );
  return `$scrypt$ln=${logN},r=${BLOCK_SIZE},p=${PARALLEL}$${salt64}$${hash64}`;
}

/** The verifier in a text that `formatVerifier` has made; undefined if it is none. */
export function parseVerifier(text: string): PasswordVerifier | undefined {
  const pattern = /^\$scrypt\$ln=(\d{1,2}),r=8,p=1\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;
  const [, cost = '', salt64 = '', hash64 = ''] = pattern.exec(text) ?? [];
  const [salt, hash] = [salt64, hash64].map((base64) => Buffer.from(base64, 'base64'));
  const logN = Number(cost);
  if (salt?.length !== SALT_BYTES || hash?.length !== HASH_BYTES) return undefined;
  return logN >= 1 && logN <= LOG_N_MAX ? { logN, salt, hash } : undefined;
}
