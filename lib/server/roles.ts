import { nickKey } from '../chat/names.ts';
import { ROLES, type Role } from '../chat/schema.ts';
import { parseRow, type TablePut, type TableRow } from './table.ts';

export const ROLE_TABLE = 'roles';
export const MUTE_TABLE = 'mutes';

export interface RolesOptions {
  /** Whose chat this is, by `Session.owner`: the person who hosts it. */
  readonly owners: readonly string[];
  readonly rows: readonly TableRow[];
}

/** Whether `role` is more than `other`. */
export function outranks(role: Role, other: Role): boolean {
  return ROLES.indexOf(role) > ROLES.indexOf(other);
}

/** Whether `role` is at least `least`. */
export function reaches(role: Role, least: Role): boolean {
  return !outranks(least, role);
}

/** Who is more than a member, and who may not speak: by `Session.owner`, whatever the nick. */
export class Roles {
  readonly #roles = new Map<string, Role>();
  /** The nick that each of them had. */
  readonly #muted = new Map<string, string>();

  /** Rows of earlier runs that make no sense are left out. */
  constructor({ owners, rows }: RolesOptions) {
    for (const { table, key, value } of rows) {
      const row = table === ROLE_TABLE || table === MUTE_TABLE ? parseRow(value) : undefined;
      if (table === ROLE_TABLE && row?.['role'] === 'op') this.#roles.set(key, 'op');
      if (table === MUTE_TABLE && row !== undefined) this.#muted.set(key, String(row['nick']));
    }
    for (const owner of owners) this.#roles.set(owner, 'owner');
  }

  /** The role that somebody was given; undefined: none. */
  of(owner: string): Role | undefined {
    return this.#roles.get(owner);
  }

  isMuted(owner: string): boolean {
    return this.#muted.has(owner);
  }

  /** Who was muted under a nick. */
  findMuted(nick: string): string | undefined {
    for (const [owner, name] of this.#muted) if (nickKey(name) === nickKey(nick)) return owner;
    return undefined;
  }

  setOp(owner: string, isOp: boolean): void {
    if (isOp) this.#roles.set(owner, 'op');
    else this.#roles.delete(owner);
  }

  setMuted(owner: string, nick: string | undefined): void {
    if (nick === undefined) this.#muted.delete(owner);
    else this.#muted.set(owner, nick);
  }
}

/** What `setOp` does, as a row. */
export function roleRow(owner: string, isOp: boolean): TablePut {
  const value = isOp ? JSON.stringify({ role: 'op' }) : undefined;
  return { table: ROLE_TABLE, key: owner, value };
}

/** What `setMuted` does, as a row. */
export function muteRow(owner: string, nick: string | undefined): TablePut {
  const value = nick === undefined ? undefined : JSON.stringify({ nick });
  return { table: MUTE_TABLE, key: owner, value };
}
