// A process that appends events, takes and settles them until it is killed. It prints what was stored once that was answered, and
// what it settles before it asks for it. Run by sqlite-events.test.ts with the database's path and a name that makes its events its own.
import { writeSync } from 'node:fs';
import { openDatabase } from '../../adapters/sqlite/database.ts';
import { sqliteEventStore } from '../../adapters/sqlite/event-store.ts';
import { deliveryOf, idsOf, refused, roomy, takeSome } from '../support/events.ts';
import { minute, t0 } from '../support/sessions.ts';

const [path = '', name = ''] = process.argv.slice(2);
const store = sqliteEventStore(openDatabase({ path }));
const say = (what: string, ids: readonly string[]) =>
  writeSync(1, ids.map((id) => `${what} ${id}\n`).join(''));

async function appendSome(turn: number): Promise<void> {
  const deliveries = Array.from({ length: turn % 5 === 4 ? 20 : 1 + (turn % 4) }, (_, at) =>
    deliveryOf(`${name}-${turn}-${at}`, { lane: `lane ${at}` }),
  );
  await store.append(deliveries, roomy, t0);
  say('stored', idsOf(deliveries));
}

async function settleSome(turn: number): Promise<void> {
  for (const { id, ticket } of await takeSome(store, 2, { holder: name, until: t0 + minute })) {
    if (turn % 3 === 0) {
      await store.settle(ticket, name, { kind: 'again', dueAt: t0, error: refused });
    } else {
      say('settling', [id]);
      await store.settle(ticket, name, { kind: 'done' });
    }
  }
}

for (let turn = 0; ; turn += 1) {
  // Together, so that the kill meets commits that hold both.
  await Promise.all([appendSome(2 * turn), appendSome(2 * turn + 1), settleSome(turn)]);
}
