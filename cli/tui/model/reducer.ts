import { reduceClient } from './client.ts';
import { reduceInput } from './keys.ts';
import type { LinkStats, Step, UserEntry, WindowEvent, WindowState } from './state.ts';

/** Samples that a sparkline has. */
const HISTORY_SAMPLES = 32;

/** The window's whole behaviour: what is on the screen next, and what to do in the world. Pure. */
export function reduce(before: WindowState, event: WindowEvent, now: number): Step {
  const state = before.now === now || event.type === 'stats' ? before : { ...before, now };
  switch (event.type) {
    case 'client':
      return reduceClient(state, event.event);
    case 'input':
      return reduceInput(state, event.event);
    case 'resize':
      return [{ ...state, columns: event.columns, rows: event.rows }, []];
    case 'stats':
      return [withStats(state, event.stats), []];
    case 'tick':
      return [{ ...state, users: state.users.filter((user) => !hasExpired(user, now)) }, []];
  }
}

/** When a `tick` is due because something on the screen counts down; Infinity: never. */
export function nextTick(state: WindowState): number {
  let due = Infinity;
  for (const { until } of state.users) due = Math.min(due, until ?? Infinity);
  const { status, retryAt } = state.status;
  if (status === 'reconnecting' && retryAt !== undefined && retryAt > state.now) {
    // When the number of whole seconds left changes.
    due = Math.min(due, retryAt - 1000 * (Math.ceil((retryAt - state.now) / 1000) - 1));
  }
  return due;
}

function hasExpired(user: UserEntry, now: number): boolean {
  return user.until !== undefined && user.until <= now;
}

/** Unchanged figures give the unchanged state: a screen at rest is not painted. */
function withStats(state: WindowState, stats: LinkStats | undefined): WindowState {
  const old = state.stats;
  if (stats === undefined || (old !== undefined && isSame(old, stats))) return state;
  const loss = Math.max(stats.lossOut, stats.lossIn);
  return {
    ...state,
    stats,
    rttHistory: [...state.rttHistory, stats.srtt].slice(-HISTORY_SAMPLES),
    lossHistory: [...state.lossHistory, loss].slice(-HISTORY_SAMPLES),
  };
}

function isSame(a: LinkStats, b: LinkStats): boolean {
  return (
    a.srtt === b.srtt &&
    a.lossOut === b.lossOut &&
    a.lossIn === b.lossIn &&
    a.retransmits === b.retransmits &&
    a.copies === b.copies &&
    a.cwnd === b.cwnd
  );
}
