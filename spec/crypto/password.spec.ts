import t from 'tap';
import {
  formatVerifier,
  makeVerifier,
  parseVerifier,
  verifyPassword,
} from '../../lib/crypto/password.ts';

t.test('a verifier knows its password, written down and read back, and no other', async (t) => {
  const verifier = await makeVerifier('o\u0308ffne dich');
  const text = formatVerifier(verifier);
  t.match(text, /^\$scrypt\$ln=15,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  const again = parseVerifier(text) ?? verifier;
  t.ok(await verifyPassword(again, '\u00f6ffne dich'), 'however the letters are composed');
  t.notOk(await verifyPassword(again, 'offne dich'));
  t.notOk(await verifyPassword(again, ''));
  t.not(formatVerifier(await makeVerifier('same')), formatVerifier(await makeVerifier('same')));
});

t.test('it is the scrypt of RFC 7914', async (t) => {
  // Section 12, third vector: N = 16384, r = 8, p = 1; its first 32 bytes.
  const salt = Buffer.from('SodiumChloride');
  const hash = Buffer.from(
    '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2',
    'hex',
  );
  t.ok(await verifyPassword({ logN: 14, salt, hash }, 'pleaseletmein'));
});

t.test('what is no verifier, or would cost too much, is none', async (t) => {
  const good = formatVerifier(await makeVerifier('x'));
  for (const bad of ['', 'secret', good.slice(1), good.replace('ln=15', 'ln=31'), `${good}AAAA`]) {
    t.equal(parseVerifier(bad), undefined, bad);
  }
});
