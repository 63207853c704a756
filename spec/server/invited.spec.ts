import t from 'tap';
import { Invitations } from '../../lib/crypto/invitations.ts';
import { ChatPump, type PumpClient } from '../support/chat-pump.ts';

const EPOCH = 1_000_000;
const HOUR = 3_600_000;
const PORT = 5000;
const reader = new Invitations(new Uint8Array(32).fill(9));
/** Of a chat that keeps which invitations were used. */
const invitations = { reader, port: PORT, since: 0 };
let issued = 0;

/** An invitation that ends an hour after the pump's beginning, unless told. */
function invitation({ until = EPOCH + HOUR, issuedAt = EPOCH, port = PORT } = {}): string {
  return reader.issue(new Uint8Array(8).fill(++issued), { port, issuedAt, until });
}

const refusal = (client: PumpClient): string | undefined => {
  const refused = client.outcomes.find(({ type }) => type === 'refused');
  return refused?.type === 'refused' ? refused.code : undefined;
};

t.test('an invitation lets one key in, then and later, and nobody else', async (t) => {
  const pump = new ChatPump({ seed: 1, access: { isInviteOnly: true, invitations } });
  t.equal(refusal(pump.enter('ana', { key: 1 })), 'invitation-required');
  const mine = invitation();
  const ana = pump.enter('ana', { key: 1 }, mine);
  t.equal(refusal(ana), undefined);
  pump.cut(ana);
  pump.connect(ana);
  pump.run();
  t.equal(refusal(ana), undefined, 'whoever reconnects shows the same one again');
  t.equal(refusal(pump.enter('eve', { key: 2 }, mine)), 'invitation-wrong', 'used');
  pump.restartServer({ keepStore: true });
  t.equal(refusal(pump.enter('eve', { key: 2 }, mine)), 'invitation-wrong', 'after a restart, too');
  t.equal(refusal(pump.enter('ana', { key: 1 })), undefined, 'whoever came is known by their key');
  t.equal(refusal(pump.enter('bob', { key: 3 }, invitation())), undefined, 'another one');
});

t.test('one that has ended, of another host, or without a key, lets nobody in', async (t) => {
  const pump = new ChatPump({ seed: 2, access: { isInviteOnly: true, invitations } });
  const terms = { port: PORT, issuedAt: EPOCH, until: EPOCH + HOUR };
  const other = new Invitations(new Uint8Array(32).fill(8)).issue(new Uint8Array(8), terms);
  const late = invitation();
  for (const [secret, from, reason] of [
    [other, { key: 1 }, /no invitation of this host/],
    ['open sesame', { key: 1 }, /no invitation of this host/],
    [invitation({ until: EPOCH }), { key: 1 }, /has ended/],
    [invitation({ port: 6000 }), { key: 1 }, /to the chat on port 6000; this one is on 5000/],
    [invitation(), {}, /without encryption/],
  ] as const) {
    const client = pump.enter('ana', from, secret);
    t.match(client.outcomes, [{ type: 'refused', code: 'invitation-wrong', reason }]);
  }
  pump.now += HOUR;
  t.equal(refusal(pump.enter('ana', { key: 1 }, late)), 'invitation-wrong');
});

t.test('a chat that forgets who came takes no invitation from before its start', async (t) => {
  const before = invitation({ issuedAt: EPOCH - 1 });
  const access = { isInviteOnly: true, invitations: { ...invitations, since: EPOCH } };
  const pump = new ChatPump({ seed: 8, access });
  const eve = pump.enter('eve', { key: 2 }, before);
  const reason = /from before this host was started/;
  t.match(eve.outcomes, [{ type: 'refused', code: 'invitation-wrong', reason }]);
  t.equal(refusal(pump.enter('ana', { key: 1 }, invitation())), undefined);
});

t.test('beside a password, beside known keys, and not where everybody may come', async (t) => {
  const locked = new ChatPump({ seed: 3, password: 'open sesame', access: { invitations } });
  t.equal(refusal(locked.enter('ana', { key: 1 }, invitation())), undefined);
  t.equal(refusal(locked.enter('bob', { key: 2 }, 'open sesame')), undefined);
  t.equal(refusal(locked.enter('cy', { key: 3 }, 'guess')), 'password-wrong');
  t.strictSame(locked.passwords, ['open sesame', 'guess'], 'no invitation is taken for a password');
  const keyed = new ChatPump({ seed: 4, authorizedKeys: new Set(), access: { invitations } });
  t.equal(refusal(keyed.enter('ana', { key: 1 })), 'not-authorized');
  t.equal(refusal(keyed.enter('ana', { key: 1 }, invitation())), undefined);
  const open = new ChatPump({ seed: 5, access: { invitations } });
  const unused = invitation();
  t.equal(refusal(open.enter('ana', { key: 1 }, unused)), undefined);
  t.notOk(open.store.load().rows.some(({ table }) => table === 'invitations'));
});

t.test('what is kept names no invitation that could be used, and is bounded', async (t) => {
  const access = { isInviteOnly: true, invitations };
  const pump = new ChatPump({ seed: 6, access, chat: { invitedKeys: 2 } });
  const used = [invitation({ until: EPOCH + 2 * HOUR }), invitation(), invitation()];
  t.equal(refusal(pump.enter('ana', { key: 1 }, used[0])), undefined);
  t.equal(refusal(pump.enter('bob', { key: 2 }, used[1])), undefined);
  t.equal(refusal(pump.enter('cy', { key: 3 }, used[2])), 'server-full');
  const kept = JSON.stringify(pump.store.load().rows);
  for (const secret of used) t.notMatch(kept, secret.slice('udpchat-invitation-'.length));
  t.equal(kept.match(/"invitations"/g)?.length, 2);
});

t.test('the owner needs none', async (t) => {
  const pump = new ChatPump({ seed: 7, access: { isInviteOnly: true, invitations } });
  pump.owners.push('01'.repeat(32));
  pump.restartServer({ keepStore: true });
  t.equal(refusal(pump.enter('ana', { key: 1 })), undefined);
  t.equal(refusal(pump.enter('bob', { key: 2 })), 'invitation-required');
});
