import { join } from 'node:path';
import { fingerprint } from '../lib/entry/words.ts';
import { CliError, ExitCode } from './errors.ts';
import { dataFolder } from './folders.ts';
import { formatPublicKey, parsePublicKey } from './identity.ts';
import { readPrivate, writePrivate } from './private-file.ts';
import { formatTarget, type Target } from './target.ts';

/** The keys of hosts that were met before: one line each, `host:port x25519 KEY`. */
export class KnownHosts {
  readonly path: string;

  constructor(path: string = join(dataFolder(), 'known_hosts')) {
    this.path = path;
  }

  /** The key that was kept for a host, and the line it stands in, from 1. */
  find(target: Target): { key: Uint8Array; line: number } | undefined {
    const name = nameOf(target);
    for (const [index, line] of this.#lines().entries()) {
      const key = keyFor(name, line);
      if (key !== undefined) return { key, line: index + 1 };
    }
    return undefined;
  }

  /** Keeps `key` for a host, in place of any other. */
  pin(target: Target, key: Uint8Array): void {
    const name = nameOf(target);
    const others = this.#lines().filter((line) => keyFor(name, line) === undefined);
    writePrivate(this.path, `${[...others, `${name} ${formatPublicKey(key)}`].join('\n')}\n`);
  }

  #lines(): string[] {
    const text = readPrivate(this.path) ?? '';
    return text.split('\n').filter((line, i, all) => line !== '' || i < all.length - 1);
  }
}

function nameOf({ host, port }: Target): string {
  return formatTarget({ host: host.toLowerCase(), port });
}

function keyFor(name: string, line: string): Uint8Array | undefined {
  const [host = '', ...rest] = line.trim().split(/\s+/);
  return host.toLowerCase() === name ? parsePublicKey(rest.join(' ')) : undefined;
}

/** What we think of a host's key: trusted on first use, and never another one after that. */
export class HostTrust {
  readonly #target: Target;
  readonly #hosts = new KnownHosts();
  /** The one key that will do, if we need no file to know it. */
  readonly #expected: Uint8Array | undefined;
  #shown: Uint8Array | undefined;

  constructor(target: Target, expected?: Uint8Array) {
    this.#target = target;
    this.#expected = expected;
  }

  /** The key that the host has proven to have; undefined before. */
  get shown(): Uint8Array | undefined {
    return this.#shown;
  }

  /** Whether to go on with a host that has proven `key`. A host never met before is believed. */
  accept(key: Uint8Array): boolean {
    this.#shown = key;
    const known = this.#expected ?? this.#hosts.find(this.#target)?.key;
    return known === undefined || isSame(known, key);
  }

  /** Keeps the key of a host met for the first time, and says so; undefined if it was known. */
  pin(): string | undefined {
    if (this.#shown === undefined || this.#expected !== undefined) return undefined;
    if (this.#hosts.find(this.#target) !== undefined) return undefined;
    this.#hosts.pin(this.#target, this.#shown);
    const name = formatTarget(this.#target);
    return `first time at ${name}; its key is ${fingerprint(this.#shown)}, kept for the next time`;
  }

  /** Why we do not talk to this host. */
  changedError(): CliError {
    const name = formatTarget(this.#target);
    const known = this.#hosts.find(this.#target);
    const [was, is] = [known?.key, this.#shown].map((key) =>
      key === undefined ? 'unknown' : fingerprint(key),
    );
    const where = `${this.#hosts.path}, line ${known?.line ?? 0}`;
    return new CliError(`the key of ${name} has changed: not connected`, {
      exitCode: ExitCode.authentication,
      details: [
        `  it was  ${was}  (${where})`,
        `  it is   ${is}`,
        'Someone may be pretending to be this host, or reading along. Or it is harmless: the host',
        'was set up anew, or another machine has its address now. Ask whoever runs it for the',
        'fingerprint that "udpchat keys" shows there. If it is the second one above:',
        `  udpchat trust --replace ${name}`,
      ],
    });
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
