/**
 * The public surface of udpchat: re-exports only. Its parts can be loaded one by one: the command
 * line takes what a command needs, so that each of them begins at once.
 */

export type { RandomSource } from './base/random.ts';
export { SeededRandom } from './base/random.ts';
export * from './entry/client.ts';
export * from './entry/lab.ts';
export * from './entry/server.ts';
export * from './entry/store.ts';
export * from './entry/transport.ts';
export * from './entry/words.ts';
