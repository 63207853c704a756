import type { CloseInfo } from './errors.ts';

/** Life of a connection. `draining`: the peer has closed; `closing`: we have. */
export type ConnectionState = 'handshaking' | 'established' | 'closing' | 'draining' | 'closed';

/** What a connection tells its application. `closed` comes exactly once, and last. */
export type ConnectionEvent =
  | { readonly type: 'connected' }
  | { readonly type: 'message'; readonly channel: number; readonly bytes: Uint8Array }
  | { readonly type: 'drain'; readonly channel: number }
  | { readonly type: 'liveness'; readonly state: 'alive' | 'suspect' }
  | { readonly type: 'closed'; readonly close: CloseInfo };

/** What an application says when it closes; codes from APPLICATION_CODES on are its own. */
export interface CloseRequest {
  readonly code: number;
  /** At most 128 bytes of UTF-8; what is longer is cut. */
  readonly reason: string;
}
