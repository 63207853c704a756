import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { delimiter, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { NetemFacts } from '../netem/obstacle.ts';

/** Where iproute2 may be without being on the PATH of those who are not root. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/sbin', '/usr/local/sbin'];
const PROGRAMS = ['ip', 'tc'];
const OPTION = /^(?:# )?CONFIG_NET_SCH_NETEM(?:=([ym])| is not set)$/m;

/** Looks at this machine. Changes nothing; needs no rights. */
export function netemFacts(): NetemFacts {
  const kernel = release();
  return {
    platform: process.platform,
    isRoot: process.geteuid?.() === 0,
    missing: PROGRAMS.filter((name) => !isProgram(name)),
    kernel,
    isWsl: /microsoft/i.test(kernel),
    config: netemConfig(kernel),
  };
}

/** The PATH on which iproute2 is looked for. */
export function systemPath(): string {
  return [process.env['PATH'] ?? '', ...SYSTEM_FOLDERS].join(delimiter);
}

/** What kernel TCP does about congestion here, as in `cubic`; undefined where nothing says. */
export function tcpCongestionControl(): string | undefined {
  try {
    return readFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'utf8').trim();
  } catch {
    return undefined;
  }
}

function isProgram(name: string): boolean {
  return systemPath()
    .split(delimiter)
    .some((folder) => {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function netemConfig(kernel: string): NetemFacts['config'] {
  try {
    const text = existsSync('/proc/config.gz')
      ? gunzipSync(readFileSync('/proc/config.gz')).toString()
      : readFileSync(`/boot/config-${kernel}`, 'utf8');
    const match = OPTION.exec(text);
    if (match === null) return undefined;
    return match[1] === 'y' || match[1] === 'm' ? match[1] : 'n';
  } catch {
    return undefined;
  }
}
