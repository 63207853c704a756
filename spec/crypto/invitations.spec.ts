import t from 'tap';
import { Invitations } from '../../lib/crypto/invitations.ts';

const NONCE = new Uint8Array(8).fill(1);
const TERMS = { port: 5000, issuedAt: 1_799_000_000_000, until: 1_800_000_000_000 };
const host = new Invitations(new Uint8Array(32).fill(1));

t.test('an invitation says where and when it holds, to the host that made it', async (t) => {
  const text = host.issue(NONCE, TERMS);
  t.match(text, /^udpchat-invitation-[A-Za-z0-9_-]{51}$/);
  const read = host.read(text);
  t.match(read, TERMS);
  t.match(read?.digest, /^[0-9a-f]{64}$/);
  const other = host.read(host.issue(new Uint8Array(8).fill(2), TERMS));
  t.not(other?.digest, read?.digest, 'each has a name of its own');
});

t.test('nobody else made it, and nobody has changed it', async (t) => {
  const text = host.issue(NONCE, TERMS);
  t.equal(new Invitations(new Uint8Array(32).fill(2)).read(text), undefined, 'another host');
  t.equal(host.read(''), undefined);
  t.equal(host.read('open sesame'), undefined);
  t.equal(host.read(text.slice(0, -1)), undefined);
  t.equal(host.read(`${text}A`), undefined);
  const start = 'udpchat-invitation-'.length;
  for (let i = start; i < text.length; i++) {
    const changed = text[i] === 'A' ? 'B' : 'A';
    t.equal(host.read(text.slice(0, i) + changed + text.slice(i + 1)), undefined, `at ${i}`);
  }
});
