/**
 * What happens on a server, for its log: one event a line. What people write is not in it.
 * `at` is the wall clock, ms since 1970; `address` is for people.
 */
export type ServerEvent =
  | { readonly type: 'join'; at: number; room: string; nick: string; address: string }
  | { readonly type: 'resumed'; at: number; nick: string; address: string }
  | { readonly type: 'leave' | 'gone'; at: number; room: string; nick: string; reason: string }
  | { readonly type: 'nick'; at: number; from: string; to: string }
  | { readonly type: 'message'; at: number; room: string; seq: number; nick: string; bytes: number }
  | { readonly type: 'direct'; at: number; from: string; to: string; bytes: number }
  | { readonly type: 'rejected'; at: number; nick: string; code: string }
  | { readonly type: 'refused'; at: number; address: string; code: string }
  | { readonly type: 'closed'; at: number; address: string; reason: string };
