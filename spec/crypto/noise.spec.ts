import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { type AeadMaker, nodeAead, sodiumAead } from '../../lib/crypto/aead.ts';
import { type NoiseHash, type NoisePattern, NoiseState, XX } from '../../lib/crypto/noise-state.ts';
import { keyPair } from '../../lib/crypto/x25519.ts';
import { hex, unhex } from '../support/vectors.ts';

/**
 * Vectors that others have published: cacophony's and snow's, in the common format of Noise test
 * vectors. They are no part of this project; without the folder these tests are skipped.
 */
const FOLDER =
  process.env['NOISE_VECTORS'] ??
  new URL('../../../shared/vectors/noise', import.meta.url).pathname;

/** What the published vectors use, beside XX. */
const PATTERNS: readonly NoisePattern[] = [
  XX,
  { name: 'NN', messages: [['e'], ['e', 'ee']] },
  {
    name: 'NK',
    known: ['responder'],
    messages: [
      ['e', 'es'],
      ['e', 'ee'],
    ],
  },
  {
    name: 'KK',
    known: ['initiator', 'responder'],
    messages: [
      ['e', 'es', 'ss'],
      ['e', 'ee', 'se'],
    ],
  },
  {
    name: 'XK',
    known: ['responder'],
    messages: [
      ['e', 'es'],
      ['e', 'ee'],
      ['s', 'se'],
    ],
  },
  {
    name: 'IK',
    known: ['responder'],
    messages: [
      ['e', 'es', 's', 'ss'],
      ['e', 'ee', 'se'],
    ],
  },
];

const HASHES: readonly NoiseHash[] = [
  { name: 'SHA256', algorithm: 'sha256' },
  { name: 'SHA512', algorithm: 'sha512' },
  { name: 'BLAKE2s', algorithm: 'blake2s256' },
  { name: 'BLAKE2b', algorithm: 'blake2b512' },
];

interface Vector {
  readonly protocol_name: string;
  readonly init_prologue: string;
  readonly resp_prologue: string;
  readonly init_static?: string;
  readonly resp_static?: string;
  readonly init_ephemeral: string;
  readonly resp_ephemeral: string;
  readonly init_remote_static?: string;
  readonly resp_remote_static?: string;
  readonly handshake_hash?: string;
  readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[];
}

function optional<T>(text: string | undefined, make: (bytes: Uint8Array) => T): T | undefined {
  return text === undefined ? undefined : make(unhex(text));
}

function side(vector: Vector, who: 'init' | 'resp', aead: AeadMaker): NoiseState | undefined {
  const [, patternName, , , hashName] = vector.protocol_name.split('_');
  const pattern = PATTERNS.find(({ name }) => name === patternName);
  const hash = HASHES.find(({ name }) => name === hashName);
  if (pattern === undefined || hash === undefined) return undefined;
  return new NoiseState({
    pattern,
    hash,
    aead,
    isInitiator: who === 'init',
    prologue: unhex(vector[`${who}_prologue`]),
    staticKeys: optional(vector[`${who}_static`], keyPair),
    peerStatic: optional(vector[`${who}_remote_static`], (bytes) => bytes),
    newKeys: () => keyPair(unhex(vector[`${who}_ephemeral`])),
  });
}

/** What differs from the vector; undefined if nothing does. */
function difference(vector: Vector, aead: AeadMaker): string | undefined {
  const [initiator, responder] = [side(vector, 'init', aead), side(vector, 'resp', aead)];
  if (initiator === undefined || responder === undefined) return 'a pattern that we do not know';
  let transport: { keys: [Uint8Array, Uint8Array]; counts: [number, number] } | undefined;
  const transportMessages = [];
  for (const [i, { payload, ciphertext }] of vector.messages.entries()) {
    if (initiator.isDone) {
      transport ??= { keys: initiator.split(), counts: [0, 0] };
      transportMessages.push({ i, payload, ciphertext });
      continue;
    }
    const [from, to] = i % 2 === 0 ? [initiator, responder] : [responder, initiator];
    const sent = from.write(unhex(payload));
    if (sent === undefined || hex(sent) !== ciphertext) return `message ${i}`;
    const read = to.read(sent);
    if (read === undefined || hex(read) !== payload) return `payload ${i}`;
  }
  const [mine, theirs] = [hex(initiator.transcript), hex(responder.transcript)];
  if (mine !== theirs) return 'the two transcripts';
  if (vector.handshake_hash !== undefined && mine !== vector.handshake_hash) return 'the hash';
  if (transport === undefined) return 'no transport messages';
  const isOneOfTwo = String(initiator.split()) === String(responder.split());
  if (!isOneOfTwo) return 'the keys of the two sides';
  for (const { i, payload, ciphertext } of transportMessages) {
    const direction = i % 2 === 0 ? 0 : 1;
    const nonce = new Uint8Array(12);
    nonce[4] = transport.counts[direction]++;
    const packet = new Uint8Array(ciphertext.length / 2);
    packet.set(unhex(payload));
    aead(transport.keys[direction]).seal(packet, 0, packet.length - 16, nonce);
    if (hex(packet) !== ciphertext) return `transport message ${i}`;
  }
  return undefined;
}

for (const file of ['cacophony.json', 'snow.json']) {
  const path = `${FOLDER}/${file}`;
  const options = existsSync(path) ? {} : { skip: `${file} is not there (NOISE_VECTORS)` };
  t.test(
    `the handshake agrees with every vector of ${file} that has no psk`,
    options,
    async (t) => {
      const { vectors } = JSON.parse(readFileSync(path, 'utf8')) as { vectors: readonly Vector[] };
      const apply = vectors.filter(({ protocol_name: name }) => !name.includes('psk'));
      t.ok(apply.length >= 24, `${apply.length} vectors`);
      for (const vector of apply) {
        for (const aead of [nodeAead, sodiumAead]) {
          if (aead === undefined) continue;
          t.equal(difference(vector, aead), undefined, vector.protocol_name);
        }
      }
    },
  );
}
