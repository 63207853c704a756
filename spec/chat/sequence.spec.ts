import fc from 'fast-check';
import t from 'tap';
import { MESSAGE_BYTES, TEXT_BYTES_MAX } from '../../lib/chat/config.ts';
import { joinRecords } from '../../lib/chat/sequence.ts';

const records = fc.array(
  fc.integer({ min: 1, max: TEXT_BYTES_MAX }).map((size) => new Uint8Array(size).fill(size & 255)),
  { maxLength: 30 },
);

t.test('records share messages in their order, and none shares one that is too long', async () => {
  fc.assert(
    fc.property(records, (given) => {
      const messages = joinRecords(given);
      if (!Buffer.concat(messages).equals(Buffer.concat(given))) throw new Error('differs');
      const isAlone = (message: Uint8Array): boolean => given.some((one) => one === message);
      return messages.every((message) => message.length <= MESSAGE_BYTES || isAlone(message));
    }),
  );
});

t.test('no two neighbours are apart that would fit into one', async () => {
  fc.assert(
    fc.property(records, (given) => {
      const sizes = joinRecords(given).map(({ length }) => length);
      const starts = given.map((_, i) => total(given.slice(0, i).map(({ length }) => length)));
      return sizes.every((size, i) => {
        const next = given[starts.indexOf(total(sizes.slice(0, i + 1)))];
        return next === undefined || size + next.length > MESSAGE_BYTES;
      });
    }),
  );
});

function total(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}
