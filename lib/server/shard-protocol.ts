import type { Address, Transmit } from '../transport/machine.ts';
import type { HubOutput } from './output.ts';

/** What the hub asks of the shards. `close` is orderly: what was sent before arrives first. */
export type ShardOrder =
  | Extract<HubOutput, { readonly type: 'send' | 'close' }>
  /** Accepts nobody any more. */
  | { readonly type: 'refuse' }
  /**
   * Closes all connections: `end` once what was sent is acknowledged, `stop` at once. Then the
   * shard is drained.
   */
  | { readonly type: 'end' | 'stop'; readonly code: number; readonly reason: string }
  /** A datagram that was received elsewhere. */
  | { readonly type: 'datagram'; readonly from: Address; readonly bytes: Uint8Array };

/** What a shard has for the hub. A peer is known by the id of its connection. */
export type ShardReport =
  /** A newcomer whose address is proven. */
  | {
      readonly type: 'opened';
      readonly peer: number;
      /** For people. */
      readonly address: string;
      /** The static public key that it has proven, 32 bytes; undefined under `plaintext`. */
      readonly key: Uint8Array | undefined;
    }
  /** A whole message. */
  | { readonly type: 'records'; readonly peer: number; readonly bytes: Uint8Array }
  | { readonly type: 'liveness'; readonly peer: number; readonly state: 'alive' | 'suspect' }
  /** Nearly all has been received by a peer to which some idle news was not sent. */
  | { readonly type: 'caughtUp'; readonly peer: number }
  /** It said goodbye (`left`) or was lost (`gone`); the last of a peer. */
  | {
      readonly type: 'closed';
      readonly peer: number;
      readonly how: 'left' | 'gone';
      readonly reason: string;
    };

/** All that a shard has to say at one moment, in order. */
export interface ShardNews {
  readonly reports: readonly ShardReport[];
  /** Datagrams of connections that other shards own. */
  readonly strays: readonly { readonly from: Address; readonly bytes: Uint8Array }[];
  /** Datagrams to send, of a shard that has no socket. */
  readonly transmits: readonly Transmit[];
  /** After `end` or `stop`: everybody was told, nothing is left to send. */
  readonly isDrained: boolean;
}
