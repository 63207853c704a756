/** A chat client and what it takes. */

export type { KeptOutbox, KeptPost, OutboxChange, OutboxKeeper } from '../chat/kept.ts';
export type { EntryKind } from '../chat/schema.ts';
export { ChatClient, type ChatClientOptions } from '../client/client.ts';
export { CLIENT_DEFAULTS, type ClientConfig } from '../client/config.ts';
export { ClientCore, type ClientCoreOptions } from '../client/core.ts';
export type * from '../client/events.ts';
export type { HistoryOptions, SearchOptions } from '../client/pages.ts';
export { createNoise, type NoiseHandshakeOptions } from '../crypto/noise.ts';
export { plaintext } from '../crypto/plaintext.ts';
export { LiveLab } from '../lab/live-lab.ts';
export { SystemRandom } from '../net/system-random.ts';
