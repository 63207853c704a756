import type { Test } from 'tap';
import { HARMFUL } from '../hostile.ts';

/**
 * Every sequence that the window writes: moves, erasures, colours and modes of our own, a title and
 * links without anything to act on in them.
 */
const OWN_SEQUENCE = new RegExp(
  [
    String.raw`\x1b\[[0-9;:]*[ABCDGHJKXdmrtq]`,
    String.raw`\x1b\[[0-9]+ q`,
    String.raw`\x1b\[\?(?:1|7|12|25|1000|1002|1003|1004|1006|1007|1049|2004|2026)[hl]`,
    String.raw`\x1b\[[468][hln]`,
    String.raw`\x1b\[\?2004\$p`,
    String.raw`\x1b\](?:0|2);[^\p{Cc}]*(?:\x07|\x1b\\)`,
    String.raw`\x1b\]8;[^;\p{Cc}]*;(?:https?:[\x21-\x7e]*)?(?:\x07|\x1b\\)`,
    String.raw`\x1b\](?:9|777);[^\p{Cc}]*(?:\x07|\x1b\\)`,
    String.raw`\x1b[()][0AB]`,
    String.raw`\x1b[78=>MDE]`,
    String.raw`[\x0e\x0f\x07]`,
  ].join('|'),
  'gu',
);

/** That what a window wrote, up to its end, holds nothing that others made. */
export function checkOwn(t: Test, raw: string): void {
  const [window = ''] = raw.split('exit 0');
  const foreign = window.replace(OWN_SEQUENCE, '').replaceAll(/[\r\n\b]/g, '');
  const found =
    /.{0,20}(?:[\p{Cc}\p{Cs}]|[\u202a-\u202e\u2066-\u2069\u061c\u200b\ufeff]).{0,40}/u.exec(
      foreign,
    );
  t.equal(found, null, JSON.stringify(found?.[0]));
  // At its start the window asks the terminal itself how wide some characters are.
  const afterProbe = window.slice(window.indexOf('hi all'));
  for (const payload of ['\x1b]52;', '\x1bP', '\x1b_', '\x1bc', '\x1b[6n', '\x1b[201~', '\x9b']) {
    t.notOk(afterProbe.includes(payload), JSON.stringify(payload));
  }
  for (const command of window.split('\x1b]').slice(1)) {
    const [text = ''] = command.split('\x07').flatMap((part) => part.split('\x1b'));
    if (/^(?:[029]|777);/.test(text)) t.notMatch(text, HARMFUL);
  }
}

/** That what a program without a window wrote has nothing in it that a terminal acts on. */
export function checkPlain(t: Test, raw: string): void {
  const [own = ''] = raw.split('shell done');
  const found = new RegExp(`.{0,20}(?:${HARMFUL.source}).{0,40}`, 'u').exec(
    own.replaceAll(/[\r\n]/g, ''),
  );
  t.equal(found, null, JSON.stringify(found?.[0]));
}
