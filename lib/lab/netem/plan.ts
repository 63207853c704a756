import { formatImpairment, type Impairment, type Slot } from '../impairment.ts';

/** A program with its arguments; no shell reads it. */
export type Command = readonly [program: string, ...args: readonly string[]];

/** Something that is done to the system, and what undoes it, if that takes a command of its own. */
export interface Step {
  readonly run: Command;
  readonly undo?: Command;
}

/** Two network namespaces with a cable between them: the sender's and the receiver's. */
export interface NamespacePair {
  readonly names: readonly [string, string];
  readonly addresses: readonly [string, string];
}

/** The name of a cable's end, the same in both namespaces: the host never sees it. */
export const CABLE = 'eth0';
/** Of a new veth: Ethernet's, bytes. */
const CABLE_MTU = 1_500;
const ADDRESSES = ['10.203.0.1', '10.203.0.2'] as const;
const HARDWARE = ['02:00:00:00:00:01', '02:00:00:00:00:02'] as const;
const ENDS = [0, 1] as const;

/** Least rate, bits a second: tc counts whole bytes, and takes 0 for no limit. */
const LEAST_RATE = 8;

const NAMESPACE = /^udpchat-(\d+)-\d+[ab]$/;

/** The words that say an impairment to tc, behind `netem`, which knows no `mtu`. */
export function netemWords(impairment: Impairment): string[] {
  const { mtu: _, ...ofNetem } = impairment;
  const { rate, slot } = ofNetem;
  const said = {
    ...ofNetem,
    ...(rate !== undefined && { rate: Math.max(rate, LEAST_RATE) }),
    ...(slot !== undefined && { slot: slotForTc(slot) }),
  };
  const words = formatImpairment(said).split(' ').filter(Boolean);
  return needsCorrelation(impairment) ? withCorrelation(words, impairment) : words;
}

/** tc hands on the correlation of `duplicate` only if another word has one, be it 0 %. */
function needsCorrelation({ duplicate, delay, loss, corrupt }: Impairment): boolean {
  const others = [delay, corrupt, loss?.model === 'random' ? loss : undefined];
  return (duplicate?.correlation ?? 0) > 0 && !others.some((word) => (word?.correlation ?? 0) > 0);
}

function withCorrelation(words: readonly string[], { delay }: Impairment): string[] {
  if (delay === undefined) return ['delay', '0ms', '0ms', '0%', ...words];
  const end = words.indexOf('delay') + (delay.jitterMs > 0 ? 3 : 2);
  const more = delay.jitterMs > 0 ? ['0%'] : ['0ms', '0%'];
  return [...words.slice(0, end), ...more, ...words.slice(end)];
}

/** tc has no table for `uniform`: that is a slot between two bounds. */
function slotForTc(slot: Slot): Slot {
  const { shape, ...bounds } = slot;
  if (shape?.distribution !== 'uniform') return slot;
  const { ms, jitterMs } = shape;
  return { ...bounds, minMs: Math.max(0, ms - jitterMs), maxMs: ms + jitterMs };
}

/** The `number`th pair of namespaces of a process. */
export function namespacePair(pid: number, number: number): NamespacePair {
  const name = `udpchat-${pid}-${number}`;
  return { names: [`${name}a`, `${name}b`], addresses: ADDRESSES };
}

/**
 * Makes the pair, joined by veth, up, and fit to be measured: nothing but what is tested goes
 * through the cable (no ARP, no IPv6), and no datagram or segment is larger than the cable's MTU.
 */
export function pairPlan({ names, addresses }: NamespacePair): Step[] {
  const [a, b] = names;
  const end = ['address', HARDWARE[0], 'netns', a, 'type', 'veth'];
  const peer = ['peer', 'name', CABLE, 'address', HARDWARE[1], 'netns', b];
  const cable: Command = ['ip', 'link', 'add', CABLE, ...end, ...peer];
  const each = ENDS.flatMap((end): Command[] => {
    const peer = end === 0 ? 1 : 0;
    const device = ['dev', CABLE];
    const to = [addresses[peer], 'lladdr', HARDWARE[peer], ...device, 'nud', 'permanent'];
    // One segment for one packet: what `ethtool -K eth0 tso off gso off` would do, by iproute2.
    const alone = ['addrgenmode', 'none', 'gso_max_segs', '1'];
    return [
      ['ip', '-n', names[end], 'link', 'set', CABLE, ...alone],
      ['ip', '-n', names[end], 'address', 'add', `${addresses[end]}/30`, ...device],
      ['ip', '-n', names[end], 'link', 'set', 'lo', 'up'],
      ['ip', '-n', names[end], 'link', 'set', CABLE, 'up'],
      ['ip', '-n', names[end], 'neighbour', 'add', ...to],
    ];
  });
  const namespaces = names.map(
    (name): Step => ({ run: ['ip', 'netns', 'add', name], undo: ['ip', 'netns', 'delete', name] }),
  );
  return [...namespaces, { run: cable }, ...each.map((run) => ({ run }))];
}

/** Bad weather on both ends of a pair's cable, so each way. */
export function weatherPlan({ names }: NamespacePair, impairment: Impairment): Step[] {
  const { mtu } = impairment;
  const cables = names.flatMap((name): Step[] => {
    if (mtu === undefined) return [];
    const set = (bytes: number): Command => {
      return ['ip', '-n', name, 'link', 'set', CABLE, 'mtu', `${bytes}`];
    };
    return [{ run: set(mtu), undo: set(CABLE_MTU) }];
  });
  return [...cables, ...names.map((name) => qdisc(['tc', '-n', name], CABLE, impairment))];
}

/** What TCP learned of the path in the last experiment, forgotten. */
export function forgetTcp({ names }: NamespacePair): Command[] {
  return names.map((name) => ['ip', '-n', name, 'tcp_metrics', 'flush']);
}

/** Bad weather on what leaves a real interface. Its MTU is not ours to change. */
export function devicePlan(device: string, impairment: Impairment): Step[] {
  return [qdisc(['tc'], device, impairment)];
}

/**
 * The root qdisc that somebody gave an interface, in the output of `tc qdisc show`: ours would take
 * its place for good. Those that the kernel gives by itself have the handle 0, and come back.
 */
export function foreignQdisc(shown: string): string | undefined {
  const [, name, handle] = /^qdisc (\S+) ([0-9a-f]+): root\b/m.exec(shown) ?? [];
  return name === undefined || handle === '0' ? undefined : `${name} ${handle}:`;
}

function qdisc(tc: Command, device: string, impairment: Impairment): Step {
  const root = ['dev', device, 'root'];
  return {
    run: [...tc, 'qdisc', 'add', ...root, 'netem', ...netemWords(impairment)],
    undo: [...tc, 'qdisc', 'delete', ...root],
  };
}

/** Runs a command inside one of the namespaces. */
export function inside({ names }: NamespacePair, end: 0 | 1): Command {
  return ['ip', 'netns', 'exec', names[end]];
}

/**
 * The namespaces in the output of `ip netns list` that a process of ours left behind when it was
 * killed.
 */
export function staleNamespaces(listed: string, isAlive: (pid: number) => boolean): string[] {
  return listed.split('\n').flatMap((line) => {
    const [name = ''] = line.split(' ');
    const pid = NAMESPACE.exec(name)?.[1];
    return pid === undefined || isAlive(Number(pid)) ? [] : [name];
  });
}

/** The commands of a plan as one would type them. */
export function formatPlan(steps: readonly Step[]): string[] {
  return steps.map(({ run }) => formatCommand(run));
}

/** The command as one would type it. */
export function formatCommand(command: Command): string {
  return command.map((word) => (/^[\w.,:%/@+=-]+$/.test(word) ? word : quoted(word))).join(' ');
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
