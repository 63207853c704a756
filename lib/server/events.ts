/** What every event of a server has: the wall clock, ms since 1970. */
interface Timed<T extends string> {
  readonly type: T;
  readonly at: number;
}

/**
 * What happens on a server, for its log: one event a line. What people write is not in it.
 * `address` is for people.
 */
export type ServerEvent =
  | (Timed<'join'> & { readonly room: string; readonly nick: string; readonly address: string })
  | (Timed<'resumed'> & { readonly nick: string; readonly address: string })
  | (Timed<'leave' | 'gone'> & {
      readonly room: string;
      readonly nick: string;
      readonly reason: string;
    })
  | (Timed<'entry'> & {
      readonly room: string;
      readonly seq: number;
      readonly nick: string;
      readonly kind: string;
    })
  | (Timed<'act'> & {
      readonly room: string;
      readonly by: string;
      readonly act: string;
      readonly to: string;
      readonly text: string;
    })
  /** An empty impairment: it is over. */
  | (Timed<'lab'> & { readonly room: string; readonly by: string; readonly impairment: string })
  | (Timed<'invite'> & { readonly room: string; readonly by: string; readonly nick: string })
  | (Timed<'nick'> & { readonly from: string; readonly to: string })
  | (Timed<'message'> & {
      readonly room: string;
      readonly seq: number;
      readonly nick: string;
      readonly bytes: number;
    })
  | (Timed<'direct'> & { readonly from: string; readonly to: string; readonly bytes: number })
  | (Timed<'rejected'> & { readonly nick: string; readonly code: string })
  | (Timed<'refused'> & { readonly address: string; readonly code: string })
  | (Timed<'closed'> & { readonly address: string; readonly reason: string });
