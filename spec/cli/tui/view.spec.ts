import * as fc from 'fast-check';
import t from 'tap';
import { LINK_ROWS, layout } from '../../../cli/tui/model/layout.ts';
import { reduce } from '../../../cli/tui/model/reducer.ts';
import { newRoom } from '../../../cli/tui/model/room.ts';
import {
  initialState,
  layoutOf,
  type WindowEvent,
  type WindowState,
} from '../../../cli/tui/model/state.ts';
import { Canvas } from '../../../cli/tui/view/canvas.ts';
import { bytes, milliseconds, percent, sparkline } from '../../../cli/tui/view/figures.ts';
import { paintFrame } from '../../../cli/tui/view/frame-pane.ts';
import { cursorPosition } from '../../../cli/tui/view/input-pane.ts';
import { paintStatus } from '../../../cli/tui/view/status-pane.ts';
import { createTheme } from '../../../cli/tui/view/theme.ts';
import { PAINTERS } from '../../../cli/tui/view/view.ts';

const HOSTILE = 'x\x1b[31m\x9b31m\x07\u202e\u0301 中文 👨‍👩‍👧‍👦 ❤️ {bold}';

const sizes: [number, number][] = [
  [1, 1],
  [2, 1],
  [10, 2],
  [20, 3],
  [20, 5],
  [29, 8],
  [30, 8],
  [40, 10],
  [50, 12],
  [70, 18],
  [80, 24],
  [300, 80],
];

function fill(columns: number, rows: number): WindowState {
  let state = initialState({ columns, rows, nick: 'ana', room: '#lobby', now: 0, epoch: 0 });
  const send = (event: WindowEvent): void => {
    state = reduce(state, event, 0)[0];
  };
  const users = Array.from({ length: 12 }, (_, i) => ({
    nick: `${HOSTILE}${i}`,
    presence: 'slow' as const,
  }));
  send({ type: 'client', event: { type: 'roster', room: '#lobby', users } });
  for (let i = 0; i < 60; i++) {
    const common = {
      room: '#lobby',
      seq: i,
      id: `${i}`,
      kind: 'text' as const,
      at: 0,
      history: false,
    };
    send({
      type: 'client',
      event: {
        ...common,
        type: 'message',
        nick: HOSTILE,
        text: HOSTILE.repeat(i % 4),
        own: i % 2 === 0,
      },
    });
  }
  send({ type: 'input', event: { type: 'paste', text: '中'.repeat(40) } });
  const stats = {
    srtt: 12.34,
    rttvar: 1,
    lossOut: 0.004,
    lossIn: 0.3,
    retransmits: 7,
    copies: 3,
    cwnd: 64_000,
  };
  send({ type: 'stats', stats });
  return state;
}

t.test(
  'layout: panes are inside, apart, and at least the log and the input are there',
  async (t) => {
    const any = fc.integer({ min: 1, max: 320 });
    fc.assert(
      fc.property(
        any,
        any,
        fc.integer({ min: 1, max: 30 }),
        fc.boolean(),
        fc.boolean(),
        (columns, rows, inputRows, showUsers, showLink) => {
          const { log, rooms, users, link, status, input } = layout({
            columns,
            rows,
            inputRows,
            showRooms: true,
            showUsers,
            showLink,
          });
          const taken = new Set<string>();
          for (const rect of [log, rooms, users, link, status, input]) {
            if (rect === undefined) continue;
            if (rect.left < 0 || rect.top < 0 || rect.width < 1 || rect.height < 0) return false;
            if (rect.left + rect.width > columns || rect.top + rect.height > rows) return false;
            for (let y = rect.top; y < rect.top + rect.height; y++) {
              const key = `${y}:${rect.left}`;
              if (taken.has(key)) return false;
              taken.add(key);
            }
          }
          return input.height >= 1;
        },
      ),
      { seed: 26, numRuns: 300 },
    );
    const panes = (columns: number, rows: number): string[] => {
      const result = layout({
        columns,
        rows,
        inputRows: 1,
        showRooms: true,
        showUsers: true,
        showLink: true,
      });
      return ['rooms', 'users', 'link', 'status'].filter(
        (name) => result[name as 'users'] !== undefined,
      );
    };
    t.same(panes(80, 24), ['rooms', 'users', 'link', 'status']);
    t.same(panes(69, 24), ['users', 'link', 'status'], 'narrower: no rooms');
    t.same(panes(80, 16), ['rooms', 'users', 'status'], 'low: no link panel');
    t.same(panes(80, 11), ['status'], 'lower: no user list');
    t.same(panes(49, 24), ['status'], 'narrow: no side at all');
    t.same(panes(10, 2), []);
  },
);

t.test('every size is painted, inside, without a control character', async (t) => {
  for (const [columns, rows] of sizes) {
    const state = fill(columns, rows);
    const places = layoutOf(state);
    const frame = new Canvas(columns, rows);
    paintFrame(frame, state, places);
    const text = Array.from({ length: rows }, (_, y) => frame.rowText(y));
    for (const [name, painter] of Object.entries(PAINTERS)) {
      const rect = places[name as 'log'];
      if (rect === undefined) continue;
      const canvas = new Canvas(rect.width, rect.height);
      painter(canvas, state);
      for (let y = 0; y < rect.height; y++) text.push(canvas.rowText(y));
    }
    t.notMatch(text.join(''), /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u, `${columns}x${rows}`);
    const cursor = cursorPosition(state, places);
    t.ok(cursor.x < columns && cursor.y < rows, 'the cursor is on the screen');
  }
});

t.test('frame: lines meet, and titles stand in them', async (t) => {
  const state = initialState({
    columns: 70,
    rows: 20,
    nick: 'ana',
    room: '#lobby',
    now: 0,
    epoch: 0,
  });
  const places = layoutOf(state);
  const canvas = new Canvas(70, 20);
  paintFrame(canvas, state, places);
  const side = (places.users?.left ?? 0) - 1;
  t.equal(canvas.rowText(0), `┌ #lobby ${'─'.repeat(side - 9)}┬ users ${'─'.repeat(11)}┐`);
  t.equal(canvas.rowText(16), `├${'─'.repeat(side - 1)}┴${'─'.repeat(18)}┤`);
  t.match(canvas.rowText(15 - LINK_ROWS), /^│ +├ link ─+┤$/);
  t.equal(canvas.rowText(19), `└${'─'.repeat(68)}┘`);
});

t.test('status bar: room, people, and what the connection does', async (t) => {
  const line = (change: Partial<WindowState>): string => {
    const base = initialState({
      columns: 80,
      rows: 24,
      nick: 'ana',
      room: '#lobby',
      now: 0,
      epoch: 0,
    });
    const canvas = new Canvas(78, 1);
    paintStatus(canvas, { ...base, ...change });
    return canvas.rowText(0).trim();
  };
  const status = (name: 'online' | 'reconnecting' | 'slow', retryAt?: number) => ({
    status: {
      type: 'status' as const,
      status: name,
      attempt: 1,
      ...(retryAt !== undefined && { retryAt }),
    },
  });
  t.equal(line({}), '#lobby · connecting…');
  t.equal(line(status('online')), '#lobby · 0 online · ana');
  t.equal(line(status('reconnecting', 2100)), '#lobby · reconnecting (3 s)…');
  t.equal(line({ ...status('reconnecting', 2100), now: 2200 }), '#lobby · reconnecting…');
  const rooms = [{ ...newRoom('#lobby'), unseen: 4 }];
  t.match(line({ ...status('online'), rooms }), /4 new below ↓$/);
  t.equal(line({ paste: '1\n2\n3\n4\n5' }), 'send 5 lines? ^K send · ^E edit · ^C cancel');
});

t.test('figures are short', async (t) => {
  t.equal(milliseconds(0.44), '0.4 ms');
  t.equal(milliseconds(123.4), '123 ms');
  t.equal(percent(0), '0 %');
  t.equal(percent(0.004), '0.4 %');
  t.equal(percent(0.3), '30 %');
  t.equal(bytes(999), '999 B');
  t.equal(bytes(1200), '1.2 kB');
  t.equal(bytes(64_000), '64 kB');
  t.equal(bytes(2_500_000), '2.5 MB');
  t.equal(sparkline([0, 1, 2, 4], 3), '▂▄█');
  t.equal(sparkline([0, 0], 5), '▁▁');
  t.equal(sparkline([1], 0), '');
});

t.test('theme: no colour with NO_COLOR, no invisible grey with eight colours', async (t) => {
  const foreground = (colours: number, style: 'muted' | 'error'): number =>
    (createTheme(colours)(style) >> 9) & 0x1ff;
  t.equal(foreground(0, 'error'), 0x1ff);
  t.equal(foreground(8, 'error'), 1);
  t.equal(foreground(8, 'muted'), 0x1ff);
  t.equal(foreground(16, 'muted'), 8);
});
