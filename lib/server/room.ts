import type { ChatConfig } from '../chat/config.ts';
import type { WireUser } from '../chat/schema.ts';
import { BLANK, formatModes, type RoomSettings } from './modes.ts';
import type { Session } from './session.ts';

/** A room: who is in it. What was said in it is in its log. */
export class Room {
  readonly name: string;
  readonly channel: number;
  readonly #invitationsMax: number;
  /** Whom it lets in once, by `Session.owner`. */
  readonly #invitations = new Set<string>();
  #settings: RoomSettings = BLANK;
  readonly #members = new Set<Session>();
  readonly #namedMax: number;
  /** Members whom the others know by name, and those who only count, each the longest in first. */
  readonly #named = new Set<Session>();
  readonly #unnamed = new Set<Session>();
  /** Connections that are to get older lines before new ones, and have not got them yet. */
  readonly #behind = new Set<number>();
  #peers: readonly number[] | undefined;

  constructor(name: string, channel: number, { invitations, namedMembers }: ChatConfig) {
    this.name = name;
    this.channel = channel;
    this.#invitationsMax = invitations;
    this.#namedMax = namedMembers;
  }

  get size(): number {
    return this.#members.size;
  }

  /** The connections of everyone in the room: one array until someone comes, goes or reconnects. */
  get peers(): readonly number[] {
    this.#peers ??= [...this.#members].flatMap(({ peer }) => (peer === undefined ? [] : [peer]));
    return this.#peers;
  }

  /** Those of them that have all lines so far: the next one goes to them. */
  get upToDate(): readonly number[] {
    if (this.#behind.size === 0) return this.peers;
    return this.peers.filter((peer) => !this.#behind.has(peer));
  }

  /** Whether somebody is among them. */
  isUpToDate(session: Session): boolean {
    const { peer } = session;
    return peer !== undefined && this.has(session) && !this.#behind.has(peer);
  }

  /** New lines do not go to `peer` until `catchUp`: the read for it will have them. */
  fallBehind(peer: number): void {
    this.#behind.add(peer);
  }

  /** Whether `peer` was behind. */
  catchUp(peer: number): boolean {
    return this.#behind.delete(peer);
  }

  get settings(): RoomSettings {
    return this.#settings;
  }

  get topic(): string {
    return this.#settings.topic;
  }

  /** What opens the room; empty: it is open. */
  get key(): string {
    return this.#settings.key;
  }

  get isInviteOnly(): boolean {
    return this.#settings.isInviteOnly;
  }

  /** Only its founder and operators change the topic. */
  get isTopicLocked(): boolean {
    return this.#settings.isTopicLocked;
  }

  get modes(): string {
    return formatModes(this.#settings);
  }

  /** Nothing was settled that would be missed if the room were made anew. */
  get isBlank(): boolean {
    return this.topic === '' && this.modes === '';
  }

  set(settings: RoomSettings): void {
    this.#settings = settings;
  }

  isFounder(owner: string): boolean {
    return this.#settings.founder === owner;
  }

  /** Lets somebody in once, whatever the room asks for; the oldest invitation may lapse. */
  invite(owner: string): void {
    this.#invitations.delete(owner);
    this.#invitations.add(owner);
    if (this.#invitations.size <= this.#invitationsMax) return;
    for (const oldest of this.#invitations) {
      this.#invitations.delete(oldest);
      return;
    }
  }

  useInvitation(owner: string): boolean {
    return this.#invitations.delete(owner);
  }

  has(session: Session): boolean {
    return this.#members.has(session);
  }

  add(session: Session): void {
    this.#members.add(session);
    (this.#named.size < this.#namedMax ? this.#named : this.#unnamed).add(session);
    session.rooms.add(this);
    this.#peers = undefined;
  }

  /** Someone in it speaks through another connection, or none. */
  refresh(): void {
    this.#peers = undefined;
  }

  delete(session: Session): boolean {
    this.#peers = undefined;
    if (session.peer !== undefined) this.#behind.delete(session.peer);
    session.rooms.delete(this);
    this.#named.delete(session);
    this.#unnamed.delete(session);
    return this.#members.delete(session);
  }

  /** Whether the others know `session` by name. */
  isNamed(session: Session): boolean {
    return this.#named.has(session);
  }

  /** Whether they know everybody by name. */
  get isNamedWhole(): boolean {
    return this.#unnamed.size === 0;
  }

  /** Somebody who only counted takes a place among the named that has become free. */
  nameNext(): Session | undefined {
    for (const session of this.#unnamed) {
      this.#unnamed.delete(session);
      this.#named.add(session);
      return session;
    }
    return undefined;
  }

  /** Those who are known by name. */
  roster(): WireUser[] {
    return [...this.#named].map(({ nick, presence, role }) => ({ nick, presence, role }));
  }
}
