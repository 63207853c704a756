import { randomBytes } from 'node:crypto';
import { CHAT_DEFAULTS, INVITATION_NONCE_BYTES, Invitations } from '../../lib/entry/server.ts';
import type { Run } from '../command.ts';
import { ExitCode } from '../errors.ts';
import { numberFlag } from '../flags.ts';
import { fingerprint, hostKeyPath, openKeyFile } from '../identity.ts';
import { DEFAULT_PORT, parsePort } from '../target.ts';

const MS_PER_HOUR = 3_600_000;
/** A year: what is good for longer is a key, not an invitation. */
const HOURS_MAX = 8760;

/** `udpchat invite [PORT]`: lets one person into a chat that this machine hosts. */
export const invite: Run = async ({ positionals: [portText], flags }) => {
  const port = portText === undefined ? DEFAULT_PORT : parsePort(portText, 1);
  const hours = numberFlag(flags, 'expires', { least: 0.01, most: HOURS_MAX, isWhole: false });
  const { invitationLifetime } = CHAT_DEFAULTS;
  const lifetime = hours === undefined ? invitationLifetime : hours * MS_PER_HOUR;
  const issuedAt = Date.now();
  const until = Math.floor(issuedAt + lifetime);
  const key = openKeyFile(hostKeyPath(), 'host');
  const nonce = randomBytes(INVITATION_NONCE_BYTES);
  const invitation = new Invitations(key.secret).issue(nonce, { port, issuedAt, until });
  const end = new Date(until).toISOString().slice(0, 16);
  process.stderr.write(
    `good once, until ${end}Z, for port ${port} of the host with the key ` +
      `${fingerprint(key.publicKey)}; for one person, who is asked for it, ` +
      `or uses --invitation-file\n`,
  );
  process.stdout.write(`${invitation}\n`);
  return ExitCode.ok;
};
