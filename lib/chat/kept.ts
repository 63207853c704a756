import type { EntryKind } from './schema.ts';

/** A post that the server has not answered, as it outlives its client. */
export interface KeptPost {
  /** Its id, hexadecimal. */
  readonly id: string;
  /** `#room` or `@nick`. */
  readonly room: string;
  readonly kind: EntryKind;
  readonly text: string;
  /** Number of the line that it is about; 0: none. */
  readonly ref: number;
  /** Nick of the person that it is about; empty: none. */
  readonly to: string;
  /** The nick under which it was written. */
  readonly nick: string;
  /** When it was written: wall clock, ms since 1970. */
  readonly at: number;
}

/** What a client leaves behind, however it ends. */
export interface KeptOutbox {
  /** The session, 16 bytes: whoever has it goes on where its connection was. */
  readonly session: Uint8Array;
  /** In the order in which they were written. */
  readonly posts: readonly KeptPost[];
}

export type OutboxChange =
  | { readonly type: 'add'; readonly post: KeptPost }
  /** It has been answered. */
  | { readonly type: 'remove'; readonly id: string };

/** Where unanswered posts outlive their client. */
export interface OutboxKeeper {
  load(): KeptOutbox;
  /** On return the changes outlive this process, however it ends. Throws the system's error. */
  keep(changes: readonly OutboxChange[]): void;
}
