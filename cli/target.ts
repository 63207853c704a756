import { usageError } from './errors.ts';

/** Where a host listens unless told otherwise. */
export const DEFAULT_PORT = 5000;

/** Where to connect to. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

const BRACKETED = /^\[([^\]]+)\](?::(.*))?$/;

/** A port as typed; `least` is 0 where the system may choose one. */
export function parsePort(text: string, least = 1): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (port < least || port > 65_535) {
    throw usageError(`"${text}" is not a port`, `a port is a number from ${least} to 65535`);
  }
  return port;
}

/** `HOST [PORT]`, `HOST:PORT`, `[::1]:5000`, `::1 5000`. */
export function parseTarget([address = '', separate]: readonly string[]): Target {
  const { host, port: attached } = splitAddress(address);
  if (attached !== undefined && separate !== undefined) {
    throw usageError(`two ports: ${attached} and ${separate}`);
  }
  if (host === '') throw usageError(`"${address}" names no host`);
  const port = attached ?? separate;
  return { host, port: port === undefined ? DEFAULT_PORT : parsePort(port) };
}

function splitAddress(address: string): { host: string; port: string | undefined } {
  const bracketed = BRACKETED.exec(address);
  if (bracketed !== null) return { host: bracketed[1] ?? '', port: bracketed[2] };
  const [host = '', port, ...more] = address.split(':');
  // Two colons without brackets: an IPv6 address, which cannot carry a port.
  return more.length > 0 ? { host: address, port: undefined } : { host, port };
}

/** For people: `host:5000`, `[::1]:5000`. */
export function formatTarget({ host, port }: Target): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
