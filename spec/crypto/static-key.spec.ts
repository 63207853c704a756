import t from 'tap';
import { toHex } from '../../lib/chat/bytes.ts';
import { fingerprint, publicKeyOf } from '../../lib/crypto/static-key.ts';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

t.test('the public key is that of RFC 7748 section 6.1', async (t) => {
  const bob = publicKeyOf(
    bytes('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'),
  );
  const expected = 'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f';
  t.equal(toHex(bob), expected);
  t.throws(() => publicKeyOf(new Uint8Array(31)), RangeError);
});

t.test('a fingerprint is what ssh would print for the same bytes', async (t) => {
  t.equal(fingerprint(new Uint8Array(32)), 'SHA256:Zmh6rfhivXdsj8GLjp+OIAiXFIVu4jOzkCpZHQ1fKSU');
});
