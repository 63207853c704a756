import * as fc from 'fast-check';
import t from 'tap';
import { EDIT_KEYS } from '../../../cli/tui/input/keymap.ts';
import {
  type EditCommand,
  type Editor,
  EMPTY_EDITOR,
  edit,
  insert,
} from '../../../cli/tui/model/editor.ts';
import { inputRows } from '../../../cli/tui/model/input-rows.ts';
import {
  append,
  EMPTY_LOG,
  itemAt,
  type LogItem,
  MAX_LOG_ITEMS,
} from '../../../cli/tui/model/log.ts';
import { FOLLOW, type Position, scroll, visibleRows } from '../../../cli/tui/model/viewport.ts';
import { clusters } from '../../../cli/tui/text/clusters.ts';

/** `ab|c`: the draft with its cursor. */
function shown(editor: Editor): string {
  const { cells, cursor } = editor;
  return `${cells.slice(0, cursor).join('')}|${cells.slice(cursor).join('')}`;
}

function from(text: string): Editor {
  const [before = '', after = ''] = text.split('|');
  return { ...EMPTY_EDITOR, cells: clusters(before + after), cursor: clusters(before).length };
}

t.test("editor: readline's keys", async (t) => {
  const table: [string, EditCommand, string][] = [
    ['ab|', 'backward-char', 'a|b'],
    ['|ab', 'backward-char', '|ab'],
    ['a|b', 'forward-char', 'ab|'],
    ['one two  |', 'backward-word', 'one |two  '],
    ['one| two', 'forward-word', 'one two|'],
    ['añ|b', 'beginning-of-line', '|añb'],
    ['x\nab|c', 'beginning-of-line', 'x\n|abc'],
    ['a|b\nc', 'end-of-line', 'ab|\nc'],
    ['ab|', 'backward-delete-char', 'a|'],
    ['a👨‍👩‍👧‍👦|b', 'backward-delete-char', 'a|b'],
    ['|ab', 'delete-char', '|b'],
    ['a|bc\nd', 'kill-line', 'a|\nd'],
    ['a|\nd', 'kill-line', 'a|d'],
    ['ab|c', 'backward-kill-line', '|c'],
    ['one two|', 'backward-kill-word', 'one |'],
    ['|one two', 'kill-word', '| two'],
    ['ab|', 'transpose-chars', 'ba|'],
    ['a|bc', 'transpose-chars', 'ba|c'],
    ['|ab', 'transpose-chars', '|ab'],
    ['a|b', 'newline', 'a\n|b'],
    ['abc\nde|f', 'previous-line', 'ab|c\ndef'],
    ['ab|c\nd', 'next-line', 'abc\nd|'],
  ];
  for (const [before, command, after] of table) {
    t.equal(shown(edit(from(before), command)), after, `${command}: ${before}`);
  }
  const killed = edit(from('one two|'), 'backward-kill-word');
  t.equal(shown(edit(killed, 'yank')), 'one two|', 'what was killed can be yanked');
  t.equal(shown(insert(from('e|x'), '\u0301')), 'e\u0301|x', 'a mark joins the cell before it');
});

t.test(
  'editor: any keys keep the cursor inside and lose no text that was not deleted',
  async () => {
    const commands = Object.keys(EDIT_KEYS) as EditCommand[];
    const steps = fc.array(
      fc.oneof(
        fc.constantFrom(...commands),
        fc.constantFrom('a', ' ', '中', '\u0301', '👍🏽', '\u200d', '🇩').map((text) => ({ text })),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, (list) => {
        let editor: Editor = { ...EMPTY_EDITOR, history: ['old', 'older'] };
        for (const step of list) {
          const before = editor;
          editor = typeof step === 'string' ? edit(editor, step) : insert(editor, step.text);
          if (editor.cursor < 0 || editor.cursor > editor.cells.length) return false;
          const grew = editor.cells.join('').length - before.cells.join('').length;
          if (typeof step !== 'string' && grew !== step.text.length) return false;
        }
        return true;
      }),
      { seed: 22, numRuns: 500 },
    );
  },
);

t.test('input rows: every cell has a place inside, and the cursor is one of them', async () => {
  const text = fc.array(fc.constantFrom('a', '中', '👍🏽', ' ', '\n'), { maxLength: 60 });
  fc.assert(
    fc.property(text, fc.nat(60), fc.integer({ min: 1, max: 20 }), (cells, at, width) => {
      const cursor = Math.min(at, cells.length);
      const { rows, cursor: place } = inputRows({ ...EMPTY_EDITOR, cells, cursor }, width);
      const inside = place.row < rows.length && place.column <= Math.max(2, width - 2);
      return inside && rows.flat().join('') === cells.join('').replaceAll('\n', '');
    }),
    { seed: 23, numRuns: 500 },
  );
});

const note = (text: string): LogItem => ({ type: 'note', level: 'info', at: 1, text });

t.test('log: keeps its newest entries under their numbers', async (t) => {
  let log = EMPTY_LOG;
  const count = MAX_LOG_ITEMS + 5000;
  for (let i = 0; i < count; i++) log = append(log, note(String(i)));
  t.equal(log.end, count);
  const kept = log.end - log.first;
  t.ok(kept <= MAX_LOG_ITEMS && kept > MAX_LOG_ITEMS - 1000, `kept ${kept}`);
  for (const index of [log.first, log.first + 777, count - 1]) {
    t.match(itemAt(log, index), { text: String(index) });
  }
  t.equal(itemAt(log, log.first - 1), undefined);
  t.equal(itemAt(log, count), undefined);
});

t.test(
  'viewport: rows are contiguous, the screen is full, and the newest row ends a way down',
  async () => {
    const heights = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 20 });
    const moves = fc.array(fc.integer({ min: -12, max: 12 }), { maxLength: 12 });
    fc.assert(
      fc.property(heights, moves, fc.integer({ min: 1, max: 10 }), (rows, deltas, height) => {
        const source = {
          first: 3,
          end: 3 + rows.length,
          rowCount: (item: number) => rows[item - 3] ?? 1,
        };
        const total = rows.reduce((sum, count) => sum + count, 0);
        let position: Position = FOLLOW;
        let top = Math.max(0, total - height);
        for (const delta of deltas) {
          position = scroll(source, position, height, delta);
          top = Math.min(Math.max(0, top + delta), Math.max(0, total - height));
          const flat = rows.flatMap((count, i) =>
            Array.from({ length: count }, (_, row) => ({ item: i + 3, row })),
          );
          const expected = JSON.stringify(flat.slice(top, top + height));
          if (JSON.stringify(visibleRows(source, position, height)) !== expected) return false;
        }
        return true;
      }),
      { seed: 25, numRuns: 500 },
    );
  },
);
