import type { Command } from './command.ts';
import { LAB } from './lab-commands.ts';
import { DEFAULT_PORT } from './target.ts';

/** What a host keeps. */
const STORE = ['data', 'ephemeral', 'keep', 'keep-days'] as const;
/** Who may come in. */
const ACCESS = ['password-file', 'authorized-keys', 'invite-only', 'plaintext'] as const;
/** Who comes, and what lets them in. */
const PERSON = ['nick', 'identity', 'password-file', 'invitation-file', 'plaintext'] as const;
/** The network, and who looks on. */
const PATH = ['impair', 'seed', 'arq', 'trace', 'keylog'] as const;
/** What whoever runs a host sees. */
const OPERATION = ['log', 'metrics'] as const;

/** Every command: dispatch, checks and help follow from this table. */
export const COMMANDS: readonly Command[] = [
  {
    name: 'host',
    usage: '[PORT]',
    summary: `host a chat (default port ${DEFAULT_PORT}), and join it on a terminal`,
    flags: [
      'nick',
      'headless',
      'bind',
      ...STORE,
      ...ACCESS,
      'threads',
      ...PATH,
      ...OPERATION,
      'plain',
      'no-color',
    ],
    least: 0,
    most: 1,
    examples: ['udpchat host 5000', 'udpchat host --headless --bind 127.0.0.1'],
    load: async () => (await import('./commands/host.ts')).host,
  },
  {
    name: 'serve',
    usage: '[PORT]',
    summary: 'the same as host --headless',
    flags: ['bind', ...STORE, ...ACCESS, 'threads', ...PATH, ...OPERATION],
    least: 0,
    most: 1,
    examples: [],
    load: async () => (await import('./commands/host.ts')).serve,
  },
  {
    name: 'join',
    usage: 'HOST[:PORT] [PORT]',
    summary: 'join a chat',
    flags: [...PERSON, 'room', 'data', ...PATH, 'plain', 'no-color'],
    least: 1,
    most: 2,
    examples: ['udpchat 192.168.1.7 5000', 'udpchat join [::1]:5000 --nick ana'],
    load: async () => (await import('./commands/join.ts')).join,
  },
  {
    name: 'send',
    usage: 'HOST[:PORT] [PORT]',
    summary: 'send stdin, a line a message; exit 0 when all is accepted',
    flags: [...PERSON, 'room', 'data', 'one', 'timeout', ...PATH],
    least: 1,
    most: 2,
    examples: ["echo 'build is green' | udpchat send 192.168.1.7 5000 --room '#ci'"],
    load: async () => (await import('./commands/send.ts')).send,
  },
  {
    name: 'tail',
    usage: 'HOST[:PORT] [PORT]',
    summary: 'follow a room on stdout',
    flags: [...PERSON, 'room', 'json', 'since', 'history', 'timeout', ...PATH],
    least: 1,
    most: 2,
    examples: ['udpchat tail 192.168.1.7 5000 --json | jq .text'],
    load: async () => (await import('./commands/tail.ts')).tail,
  },
  {
    name: 'export',
    usage: 'HOST[:PORT] [PORT]',
    summary: "write a room's whole log to stdout",
    flags: [...PERSON, 'room', 'since', 'json', 'timeout', ...PATH],
    least: 1,
    most: 2,
    examples: ["udpchat export 192.168.1.7 5000 --room '#ci' --json > ci.jsonl"],
    load: async () => (await import('./commands/export.ts')).exportLog,
  },
  {
    name: 'keys',
    usage: '',
    summary: 'show your key and the key of hosts on this machine',
    flags: ['identity', 'json'],
    least: 0,
    most: 0,
    examples: ['udpchat keys', 'udpchat keys --json'],
    load: async () => (await import('./commands/keys.ts')).keys,
  },
  {
    name: 'trust',
    usage: 'HOST[:PORT] [PORT]',
    summary: "keep a host's key; with --replace in place of another one",
    flags: ['replace'],
    least: 1,
    most: 2,
    examples: ['udpchat trust 192.168.1.7 5000', 'udpchat trust --replace 192.168.1.7 5000'],
    load: async () => (await import('./commands/trust.ts')).trust,
  },
  {
    name: 'invite',
    usage: '[PORT]',
    summary: 'print an invitation, good once, to the chat that you host on PORT of this machine',
    flags: ['expires'],
    least: 0,
    most: 1,
    examples: ['udpchat invite', 'udpchat invite 6000 --expires 24'],
    load: async () => (await import('./commands/invite.ts')).invite,
  },
  ...LAB,
];
