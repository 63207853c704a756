import t from 'tap';
import { DISK_DEFAULTS, DISK_RETENTION } from '../../lib/store/config.ts';
import { Retention } from '../../lib/store/retention.ts';
import { line, read, seqs, sqliteStore, temporaryDirectory } from '../support/store.ts';

t.test('a room is never longer than a tenth over what is to be kept', async (t) => {
  for (const [keep, lines] of [
    [1, 7],
    [10, 50],
    [100, 350],
  ] as const) {
    const { store, close } = sqliteStore(temporaryDirectory(t));
    const bounds = { ...DISK_RETENTION, entries: keep };
    const retention = new Retention(store, bounds, DISK_DEFAULTS.pruneEntries);
    let most = 0;
    for (let seq = 1; seq <= lines; seq++) {
      const request = { type: 'append', id: seq, entries: [line(seq, 'x')], puts: [] } as const;
      t.equal(store.execute(request).type, 'stored');
      retention.note(request);
      while (retention.isDue) retention.prune(0);
      most = Math.max(most, read(store, { count: 1000 }).length);
    }
    t.ok(most <= Math.ceil(1.1 * keep), `${most} of ${keep}`);
    t.ok(seqs(read(store)).at(-1) === lines, 'the newest are there');
    close();
  }
});
