/** The public surface of udpchat: re-exports only. */
export { sanitiseLine, sanitiseText } from './chat/sanitise.ts';
export type * from './client/events.ts';
