import { parseArgs } from 'node:util';
import { usageError } from './errors.ts';
import { nearest } from './suggest.ts';

/** A flag: its help, and the name of its value if it takes one. */
interface Flag {
  readonly help: string;
  readonly value?: string;
  readonly short?: string;
}

/** Every flag there is. Which command takes which: `commands/`. */
export const FLAGS = {
  nick: { value: 'NAME', help: 'your nick (default: UDPCHAT_NICK, a prompt, $USER)' },
  headless: { help: 'server only, one log line an event' },
  bind: { value: 'ADDR', help: 'listen on this address only' },
  log: { value: 'FORM', help: 'the log of a headless host: pretty (default) or json' },
  metrics: { value: 'ADDR:PORT', help: 'figures for Prometheus, as 127.0.0.1:9464, and /healthz' },
  data: { value: 'DIR', help: 'keep what is said (join, send: what is unsent) in this folder' },
  ephemeral: { help: 'keep nothing on disk' },
  keep: { value: 'N', help: 'keep the newest N messages of each room (default: 1000000)' },
  'keep-days': { value: 'DAYS', help: 'keep messages no longer than this (default: for ever)' },
  threads: { value: 'N', help: 'threads that have connections, or "auto" (default: 1)' },
  room: { value: 'NAME', help: 'the room (default: #lobby)' },
  one: { help: 'send all of stdin as one message' },
  timeout: { value: 'SECONDS', help: 'give up after this long without an answer' },
  json: { help: 'one JSON object a line' },
  since: { value: 'WHEN', help: 'begin behind message number WHEN, or at a time' },
  history: { value: 'N', help: 'show the last N messages first' },
  identity: { value: 'FILE', help: 'the key that says who you are (also: UDPCHAT_IDENTITY)' },
  'password-file': { value: 'FILE', help: 'the password is the first line of FILE' },
  'invitation-file': { value: 'FILE', help: 'the invitation is the first line of FILE (-: stdin)' },
  'invite-only': { help: 'let in whoever has an invitation (see udpchat invite), nobody else' },
  expires: { value: 'HOURS', help: 'how long an invitation is good (default: 168)' },
  'authorized-keys': { value: 'FILE', help: 'let in the keys in FILE without a password' },
  replace: { help: 'believe the new key of a host in place of the old one' },
  impair: {
    value: 'SPEC',
    help: 'a bad network: "loss 30% delay 100ms 20ms", or its name (see udpchat lab)',
  },
  plaintext: { help: 'no encryption, for looking inside packets; on both ends' },
  trace: { value: 'FILE', help: 'write all packets: .pcapng, .qlog, .sqlog, .qvis.qlog, .jsonl' },
  keylog: { value: 'FILE', help: 'write the keys too, so that Wireshark can look inside' },
  seed: { value: 'N', help: 'makes --impair repeatable' },
  plain: { help: 'no window: a line an event (by itself for pipes and TERM=dumb)' },
  arq: { value: 'NAME', help: 'modern (default), stop-and-wait, go-back-n or selective-repeat' },
  loss: { value: 'LIST', help: 'lab: losses each way in %, as in 0:30:10 (default: 0,5,10,20,30)' },
  delay: { value: 'LIST', help: 'lab: delays one way in ms (default: 20,100)' },
  reps: { value: 'N', help: 'lab: repetitions of each experiment (default: 10)' },
  window: {
    value: 'N',
    help: 'lab: packets in the window of go-back-n, selective-repeat (default: 16)',
  },
  messages: { value: 'N', help: 'lab: messages to send (default: 200)' },
  interval: { value: 'MS', help: 'lab: ms between messages; 0: as fast as they go (default: 50)' },
  bytes: { value: 'N', help: 'lab: bytes of a message (default: 100)' },
  speed: { value: 'X', help: 'lab: virtual seconds a second in the live view (default: 1)' },
  'drop-list': { value: 'LIST', help: 'lab: lose these, as in 3,7,7r1 (r1: first repetition)' },
  expect: { value: 'FILE', help: 'lab grade: what the trace should be like (TOML or JSON)' },
  out: { short: 'o', value: 'DIR', help: 'lab: where results go' },
  clients: { value: 'N', help: 'lab load: clients (default: 100)' },
  rooms: { value: 'N', help: 'lab load: rooms that they share (default: 10)' },
  rate: { value: 'R', help: 'lab load: lines a second of each client (default: 1)' },
  pid: { value: 'PID', help: 'lab load: the host, on this machine: its CPU is shown too (Linux)' },
  seconds: { value: 'S', help: 'lab load: how long they write (default: 30)' },
  ground: { value: 'NAME', help: 'lab: sim (virtual time), socket (real ones), netem (tc; root)' },
  netem: { help: 'lab: the same as --ground netem' },
  baseline: { value: 'tcp', help: 'lab: the same experiments over kernel TCP (--ground netem)' },
  dev: { value: 'NAME', help: 'lab netem: a real interface in place of namespaces' },
  yes: { help: 'lab netem: do that to the interface of --dev' },
  'dry-run': { help: 'lab netem: only show the commands' },
  workers: { value: 'N', help: 'lab: worker threads (default: as many as processors)' },
  'no-color': { help: 'no colours (also: NO_COLOR)' },
  help: { short: 'h', help: 'show help' },
  version: { help: 'show the version' },
} as const satisfies Readonly<Record<string, Flag>>;

export type FlagName = keyof typeof FLAGS;

/** Flags as typed: text for those with a value, true for the others. */
export type FlagValues = Readonly<Partial<Record<FlagName, string | true>>>;

export interface CommandLine {
  readonly positionals: readonly string[];
  readonly flags: FlagValues;
}

function isFlag(name: string): name is FlagName {
  return Object.hasOwn(FLAGS, name);
}

/** Splits arguments into positionals and known flags. Throws a usage error that suggests. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const options = Object.fromEntries(
    Object.entries<Flag>(FLAGS).map(([name, { value, short }]) => [
      name,
      {
        type: value === undefined ? ('boolean' as const) : ('string' as const),
        ...(short !== undefined && { short }),
      },
    ]),
  );
  const config = { args: [...args], options, strict: false, tokens: true } as const;
  const { tokens, positionals } = parseArgs({ ...config, allowPositionals: true });
  const flags: Partial<Record<FlagName, string | true>> = {};
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    if (!isFlag(name)) {
      const near = nearest(name, Object.keys(FLAGS));
      const hint = near === undefined ? undefined : `did you mean --${near}?`;
      throw usageError(`there is no flag ${rawName}`, hint);
    }
    const { value: wanted }: Flag = FLAGS[name];
    if (wanted === undefined && value !== undefined) throw usageError(`${rawName} takes no value`);
    if (wanted !== undefined && (value === undefined || (!inlineValue && value.startsWith('--')))) {
      throw usageError(`${rawName} needs a value: ${rawName} ${wanted}`);
    }
    flags[name] = value ?? true;
  }
  return { positionals, flags };
}

/** The text of a flag with a value. */
export function textFlag(flags: FlagValues, name: FlagName): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}

/** The number of a flag; it lies in [least, most]. */
export function numberFlag(
  flags: FlagValues,
  name: FlagName,
  { least, most, isWhole }: { least: number; most: number; isWhole: boolean },
): number | undefined {
  const text = textFlag(flags, name);
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!(value >= least && value <= most) || (isWhole && !Number.isInteger(value))) {
    const kind = isWhole ? 'a whole number' : 'a number';
    throw usageError(`--${name} ${text} makes no sense`, `it is ${kind} from ${least} to ${most}`);
  }
  return value;
}
