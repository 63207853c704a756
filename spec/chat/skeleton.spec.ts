import t from 'tap';
import { CONFUSABLES } from '../../lib/chat/confusables.ts';
import { skeleton } from '../../lib/chat/skeleton.ts';

t.test('plain letters get the skeleton that the whole table gives them', async (t) => {
  const table = new Map<string, string>();
  const fromHex = (word: string): string =>
    String.fromCodePoint(...word.split('+').map((point) => Number.parseInt(point, 16)));
  let target = '';
  for (const word of CONFUSABLES.trim().split(/\s+/)) {
    if (word.endsWith(':')) target = fromHex(word.slice(0, -1));
    else table.set(fromHex(word), target);
  }
  for (let code = 0x20; code < 0x7f; code++) {
    const char = String.fromCharCode(code);
    t.equal(skeleton(char), table.get(char) ?? char, char);
  }
});
