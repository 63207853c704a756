import t from 'tap';
import { encodeClientRecord } from '../../lib/chat/codec.ts';
import { CloseCode } from '../../lib/chat/config.ts';
import { fingerprint } from '../../lib/crypto/static-key.ts';
import { ChatPump, type PumpClient } from '../support/chat-pump.ts';

const hex = (key: number): string => key.toString(16).padStart(2, '0').repeat(32);
const refusal = (client: PumpClient): string | undefined => {
  const refused = client.outcomes.find(({ type }) => type === 'refused');
  return refused?.type === 'refused' ? refused.code : undefined;
};

t.test("impostor nick: a nick and its doubles are their owner's, here or away", async (t) => {
  const pump = new ChatPump({ seed: 1 });
  const dog = pump.enter('dog', { key: 1 });
  for (const nick of ['dog', 'DOG', 'd0g', '\uff44og']) {
    t.equal(refusal(pump.enter(nick, { key: 2 })), 'nick-taken', nick);
  }
  t.equal(refusal(pump.enter('\u0435mily', { key: 2 })), 'nick-invalid');
  const mallory = pump.enter('mallory', { key: 2 });
  mallory.session.changeNick(pump.now, 'D0G');
  pump.run();
  t.match(mallory.of('notice'), [{ code: 'nick-taken', text: /looks like dog/ }]);
  pump.cut(dog, 'left');
  t.equal(refusal(pump.enter('dog', { key: 3 })), 'nick-taken', 'while its owner is away');
  t.equal(
    refusal(pump.enter('dog', { key: 1, address: '198.51.100.9:7' })),
    undefined,
    'its owner',
  );
});

t.test('impostor session: a secret is of no use without the key it was made with', async (t) => {
  const pump = new ChatPump({ seed: 2 });
  const ana = pump.enter('ana', { key: 1 });
  pump.cut(ana);
  const thief = Object.assign(ana, { from: { key: 2 } });
  pump.connect(thief);
  pump.run();
  t.equal(refusal(thief), 'not-authorized');
});

t.test('two people at one address stay two, one person in two windows is told so', async (t) => {
  const pump = new ChatPump({ seed: 3 });
  const address = '192.0.2.1';
  const ana = pump.enter('ana', { key: 1, address: `${address}:1` });
  const bob = pump.enter('bob', { key: 2, address: `${address}:2` });
  t.equal(refusal(ana) ?? refusal(bob), undefined);
  const window = pump.enter('ana', { key: 1, address: `${address}:3` });
  t.equal(refusal(window), 'nick-yours');
  t.equal(refusal(pump.enter('ana-2', { key: 1, address: `${address}:4` })), undefined);
  pump.hub.handleLiveness(pump.now, ana.peer ?? 0, 'suspect');
  const again = pump.enter('ana', { key: 1, address: `${address}:5` });
  t.equal(refusal(again), undefined, 'one that does not answer makes room');
  t.equal(pump.closed.get(ana.peer ?? 0), CloseCode.replaced);
});

t.test('what one person may say is not more under new nicks and connections', async (t) => {
  const pump = new ChatPump({ seed: 4, chat: { lineBurst: 10, lineRate: 0.001 } });
  const accepted = (who: PumpClient): number => who.of('accepted').length;
  let total = 0;
  for (let i = 0; i < 5; i++) {
    const flooder = pump.enter(`flood-${i}x`, { key: 7, address: `192.0.2.7:${i + 1}` });
    for (let line = 0; line < 10; line++) flooder.session.post(pump.now, '#lobby', 'x', 'text');
    pump.run();
    total += accepted(flooder);
    pump.cut(flooder, 'left');
  }
  t.equal(total, 10);
  const other = pump.enter('ana', { key: 8, address: '192.0.2.7:99' });
  other.session.post(pump.now, '#lobby', 'hi', 'text');
  pump.run();
  t.equal(accepted(other), 1, 'another person at the same address is not silenced');
});

t.test('fresh keys from one place are bounded by what the place may do', async (t) => {
  const chat = { lineBurst: 10, lineRate: 0.001, placeShare: 2, placeConnections: 3 };
  const pump = new ChatPump({ seed: 5, chat });
  let total = 0;
  for (let i = 0; i < 5; i++) {
    const flooder = pump.enter(`flood-${i}x`, { key: 10 + i, address: '192.0.2.7:1' });
    for (let line = 0; line < 10; line++) flooder.session.post(pump.now, '#lobby', 'x', 'text');
    pump.run();
    total += flooder.of('accepted').length;
    if (i > 1) continue;
    pump.cut(flooder, 'left');
  }
  t.equal(total, 20);
  t.equal(refusal(pump.enter('more', { key: 20, address: '192.0.2.7:2' })), 'too-many-connections');
  t.equal(refusal(pump.enter('ana', { key: 21, address: '192.0.2.8:1' })), undefined);
});

t.test('coming and going too often is answered with a code', async (t) => {
  const pump = new ChatPump({ seed: 6, chat: { joinBurst: 3, joinRate: 0.001 } });
  const codes = Array.from({ length: 5 }, () => {
    const client = pump.enter('ana', { key: 1 });
    pump.cut(client, 'left');
    return refusal(client);
  });
  t.strictSame(codes, [undefined, undefined, undefined, 'rate-limited', 'rate-limited']);
  t.equal(refusal(pump.enter('bob', { key: 2 })), undefined);
});

t.test('ban evasion: no new nick, case, port or key comes around a ban', async (t) => {
  const pump = new ChatPump({ seed: 7 });
  const ban = { by: 'op', reason: 'spam', at: 0, until: Infinity, nick: 'mallory' };
  pump.hub.admission.bans.add({ ...ban, target: hex(6) });
  pump.hub.admission.bans.add({ ...ban, target: '198.51.100.0/24' });
  const tries = [
    ['mallory', { key: 6 }],
    ['MALLORY', { key: 6 }],
    ['somebody', { key: 6, address: '203.0.113.9:9' }],
    ['fresh', { key: 66, address: '198.51.100.6:1' }],
    ['fresher', { key: 67, address: '198.51.100.250:2' }],
  ] as const;
  for (const [nick, from] of tries) {
    const client = pump.enter(nick, from);
    t.match(client.outcomes, [{ type: 'refused', code: 'banned', reason: 'banned by op: spam' }]);
  }
  t.equal(refusal(pump.enter('ana', { key: 1 })), undefined);
  pump.restartServer({ keepStore: true });
  t.equal(refusal(pump.enter('mallory', { key: 6 })), 'banned', 'after a restart too');
});

t.test('no ban keeps the owner out of their own chat', async (t) => {
  const pump = new ChatPump({ seed: 15 });
  const owner = { key: 1, address: '198.51.100.1:1' };
  pump.owners.push(hex(1));
  pump.restartServer({ keepStore: true });
  const ban = { by: 'op', reason: 'mutiny', at: 0, until: Infinity, nick: '' };
  for (const target of ['0.0.0.0/0', hex(1)]) pump.hub.admission.bans.add({ ...ban, target });
  t.equal(refusal(pump.enter('ana', owner)), undefined);
  t.equal(refusal(pump.enter('bob', { key: 2, address: '198.51.100.1:2' })), 'banned');
});

t.test(
  'password guessing: three wrong ones a minute, and the right one is not slowed',
  async (t) => {
    const pump = new ChatPump({ seed: 8, password: 'open sesame' });
    t.equal(refusal(pump.enter('ana', { key: 1 })), 'password-required');
    const guesser = { key: 6, address: '198.51.100.6:1' };
    const codes = Array.from({ length: 6 }, (_, i) =>
      refusal(pump.enter('mallory', guesser, `guess ${i}`)),
    );
    t.strictSame(codes, [
      ...Array.from({ length: 3 }, () => 'password-wrong'),
      ...Array.from({ length: 3 }, () => 'too-many-tries'),
    ]);
    t.equal(pump.passwords.length, 3, 'what comes too soon is not even compared');
    const fresh = { key: 7, address: '198.51.100.6:2' };
    t.equal(
      refusal(pump.enter('mallet', fresh, 'guess')),
      'too-many-tries',
      'a new key is no help',
    );
    const moved = { key: 6, address: '198.51.100.7:2' };
    t.equal(refusal(pump.enter('malice', moved, 'guess')), 'too-many-tries', 'nor a new address');
    t.equal(refusal(pump.enter('bob', { key: 2 }, 'open sesame')), undefined);
    pump.advance(20_001);
    t.equal(refusal(pump.enter('mallory', guesser, 'guess')), 'password-wrong', 'one more in 20 s');
    t.equal(refusal(pump.enter('mallory', guesser, 'open sesame')), 'too-many-tries');
  },
);

t.test('guesses that are made at once are compared one after the other', async (t) => {
  const pump = new ChatPump({ seed: 14, password: 'open sesame' });
  const { hub } = pump;
  const peers = Array.from({ length: 20 }, (_, i) => 500 + i);
  for (const peer of peers) {
    const key = new Uint8Array(32).fill(6);
    hub.handleConnected(pump.now, peer, { address: `198.51.100.6:${peer}`, key });
    const guess = encodeClientRecord({ type: 'auth', secret: `guess ${peer}` });
    hub.handleMessage(pump.now, peer, guess);
  }
  let compared = 0;
  for (let answered = -1; answered < compared; ) {
    answered = compared;
    let open = 0;
    for (let out = hub.pollOutput(); out !== undefined; out = hub.pollOutput()) {
      if (out.type === 'verify') open++;
    }
    t.ok(open <= 1, `${open} at the same time`);
    compared += open;
    if (open > 0) hub.handleVerified(pump.now, false);
  }
  t.equal(compared, 3);
});

t.test('a class that comes in at once with the right password gets in at once', async (t) => {
  const pump = new ChatPump({ seed: 9, password: 'open sesame' });
  const pupils = Array.from({ length: 30 }, (_, i) => {
    const from = { key: 100 + i, address: `203.0.113.1:${i + 1}` };
    const pupil = pump.client(`pupil-${i}`, { from, password: 'open sesame' });
    pump.connect(pupil);
    return pupil;
  });
  pump.run();
  t.strictSame(
    pupils.map(refusal).filter((code) => code !== undefined),
    [],
  );
});

t.test('authorized keys come in without a password, others not at all', async (t) => {
  const authorizedKeys = new Set([hex(1)]);
  const closed = new ChatPump({ seed: 10, authorizedKeys });
  t.equal(refusal(closed.enter('ana', { key: 1 })), undefined);
  t.equal(refusal(closed.enter('bob', { key: 2 })), 'not-authorized');
  t.equal(refusal(closed.enter('cy', {})), 'not-authorized', 'without a key');
  const both = new ChatPump({ seed: 11, authorizedKeys, password: 'x' });
  t.equal(refusal(both.enter('ana', { key: 1 })), undefined);
  t.equal(refusal(both.enter('bob', { key: 2 })), 'password-required');
  t.equal(refusal(both.enter('bob', { key: 2 }, 'x')), undefined);
});

t.test('whois tells doubles apart by their keys, and register answers with it', async (t) => {
  const pump = new ChatPump({ seed: 13 });
  const ana = pump.enter('ana', { key: 1 });
  const bob = pump.enter('bob', { key: 2 });
  bob.session.whois(pump.now, 'ANA');
  bob.session.whois(pump.now, 'nobody');
  pump.run();
  ana.session.register(pump.now, true);
  pump.run();
  t.match(bob.of('notice'), [
    { code: 'person', text: /^ana: .*, here, not registered, key SHA256:/ },
    { code: 'no-such-nick' },
  ]);
  t.ok(bob.of('notice')[0]?.text.endsWith(fingerprint(new Uint8Array(32).fill(1))));
  t.match(ana.of('notice'), [{ code: 'person', text: /here, registered/ }]);
  for (let i = 0; i < 25; i++) bob.session.whois(pump.now, 'ana');
  pump.run();
  t.equal(bob.of('notice').at(-1)?.code, 'rate-limited');
  const cy = pump.enter('cy', {});
  cy.session.register(pump.now, true);
  pump.run();
  t.match(cy.of('notice'), [{ code: 'not-authorized' }]);
});

t.test("a registered nick outlives the server and its owner's absence", async (t) => {
  const pump = new ChatPump({ seed: 12 });
  pump.enter('ana', { key: 1 });
  t.ok(pump.hub.admission.claims.register('ana'));
  pump.run();
  pump.restartServer({ keepStore: true });
  pump.advance(30 * 86_400_000);
  t.equal(refusal(pump.enter('ana', { key: 2 })), 'nick-taken');
  t.equal(refusal(pump.enter('4na', { key: 2 })), undefined);
  t.equal(refusal(pump.enter('ana', { key: 1 })), undefined);
});
