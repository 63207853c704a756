import t from 'tap';
import { chooseBaseline, chooseGround } from '../../cli/ground.ts';

t.test('experiments run in virtual time unless told', async (t) => {
  t.equal(chooseGround({}), undefined);
  t.equal(chooseGround({ ground: 'sim' }), undefined);
  t.equal(chooseGround({ ground: 'socket' }), 'socket');
  t.equal(chooseGround({ netem: true }), 'netem');
  t.equal(chooseGround({ netem: true, ground: 'netem' }), 'netem');
  t.throws(() => chooseGround({ ground: 'moon' }), /"moon" is none of sim, socket, netem/);
  t.throws(() => chooseGround({ netem: true, ground: 'sim' }), /exclude each other/);
});

t.test('kernel TCP is a baseline only where it goes through the same network', async (t) => {
  t.equal(chooseBaseline({}, 'netem'), undefined);
  t.equal(chooseBaseline({ baseline: 'tcp' }, 'netem'), 'tcp');
  t.throws(() => chooseBaseline({ baseline: 'tcp' }, 'socket'), /kernel TCP would go past it/);
  t.throws(() => chooseBaseline({ baseline: 'tcp' }, undefined), /knows no virtual time/);
  t.throws(() => chooseBaseline({ baseline: 'quic' }, 'netem'), /"quic" is not tcp/);
});
