import type { ChatConfig } from '../chat/config.ts';
import type { TransportConfig } from '../transport/config.ts';
import type { ShardFigures } from './figures.ts';
import type { ShardNews, ShardOrder } from './shard-protocol.ts';

/** What a shard's thread is started with. */
export interface ShardSetup {
  readonly index: number;
  readonly shards: number;
  /** Our private key, 32 bytes: the same in all threads. */
  readonly identity: Uint8Array;
  readonly isPlaintext: boolean;
  readonly transport: Partial<TransportConfig>;
  readonly chat: Partial<ChatConfig>;
  /** Where it listens, together with the others; undefined: it has no socket. */
  readonly bind: { readonly port: number; readonly address: string } | undefined;
}

/** What a shard's thread is told, as messages of its port. */
export type ToShard = readonly ShardOrder[] | { readonly type: 'figures' };

/** What it says: `ready` first. */
export type FromShard =
  | { readonly type: 'ready' }
  | { readonly type: 'warning'; readonly text: string }
  /** The answer to each `figures`. */
  | { readonly type: 'figures'; readonly figures: ShardFigures }
  | ({ readonly type: 'news' } & ShardNews);
