/** A chat server, and who is let in. */

export { CHAT_DEFAULTS, type ChatConfig } from '../chat/config.ts';
export { INVITATION_NONCE_BYTES, Invitations } from '../crypto/invitations.ts';
export {
  formatVerifier,
  makeVerifier,
  type PasswordVerifier,
  parseVerifier,
} from '../crypto/password.ts';
export { ServerCore, type ServerCoreOptions } from '../server/core.ts';
export type { ServerEvent } from '../server/events.ts';
export type { HubFigures, ServerFigures, ShardFigures } from '../server/figures.ts';
export {
  type ChatListenOptions,
  ChatServer,
  type ChatServerEvents,
  type ChatServerOptions,
} from '../server/server.ts';
