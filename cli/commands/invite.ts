import { randomBytes } from 'node:crypto';
import { CHAT_DEFAULTS, INVITATION_NONCE_BYTES, Invitations } from '../../lib/index.ts';
import type { Command } from '../command.ts';
import { ExitCode } from '../errors.ts';
import { numberFlag } from '../flags.ts';
import { fingerprint, hostKeyPath, openKeyFile } from '../identity.ts';

const MS_PER_HOUR = 3_600_000;
/** A year: what is good for longer is a key, not an invitation. */
const HOURS_MAX = 8760;

/** `udpchat invite`: lets one person into the chats that this machine hosts. */
export const invite: Command = {
  name: 'invite',
  usage: '',
  summary: 'print an invitation, good once, to the chats that you host on this machine',
  flags: ['expires'],
  least: 0,
  most: 0,
  examples: ['udpchat invite --expires 24'],
  async run({ flags }) {
    const hours = numberFlag(flags, 'expires', { least: 0.01, most: HOURS_MAX, isWhole: false });
    const { invitationLifetime } = CHAT_DEFAULTS;
    const lifetime = hours === undefined ? invitationLifetime : hours * MS_PER_HOUR;
    const until = Math.floor(Date.now() + lifetime);
    const key = openKeyFile(hostKeyPath(), 'host');
    const invitation = new Invitations(key.secret).issue(
      randomBytes(INVITATION_NONCE_BYTES),
      until,
    );
    const end = new Date(until).toISOString().slice(0, 16);
    process.stderr.write(
      `good once, until ${end}Z, for the host with the key ${fingerprint(key.publicKey)}; ` +
        `for one person, who is asked for it, or uses --invitation-file\n`,
    );
    process.stdout.write(`${invitation}\n`);
    return ExitCode.ok;
  },
};
