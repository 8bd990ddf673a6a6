// A program: brokers in a process of its own before a queue in SQLite, with one trigger that takes everything, and a path /empty that
// answers 202 to whatever is posted. The folder of the database is given as argument. Prints its port when it is ready; ends by SIGTERM.
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { createRouter } from '../../../activator/core/route.ts';
import { EventIngress } from '../../../activator/events/ingress.ts';
import { createActivatorServer } from '../../../activator/server.ts';
import { memoryTriggers } from '../../../adapters/memory/triggers.ts';
import { openDatabase } from '../../../adapters/sqlite/database.ts';
import { sqliteEventStore } from '../../../adapters/sqlite/event-store.ts';
import { systemClock } from '../../../adapters/system/clock.ts';
import { ingressLimits, triggerOf } from '../../support/ingress-lab.ts';

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: ingress-process.ts FOLDER');

const database = openDatabase({ path: path.join(folder, 'events.db') });
const triggers = memoryTriggers();
await triggers.publish([
  triggerOf('all', {
    filters: [{ prefix: { type: 'com.example.' } }],
    session: { key: '{subject}', whenEnded: 'new' },
  }),
]);
const log = (message: string, { fault }: Readonly<Record<string, unknown>>): void =>
  console.error(message, fault);
const ingress = new EventIngress(
  { store: sqliteEventStore(database), triggers, clock: systemClock, log },
  { ...ingressLimits, queue: { perTrigger: 10_000_000, total: 10_000_000 } },
);
const route = createRouter(100);
const handler = (req: IncomingMessage, res: ServerResponse): void => {
  const routed = route(req.method ?? 'GET', req.url ?? '/');
  if (routed.kind === 'events') return ingress.handle(req, res, routed);
  res.writeHead(202, { 'Content-Length': 0 });
  res.end();
};
const server = createActivatorServer({ handler, upgrade: (_, socket) => socket.destroy() });
process.on('SIGTERM', () => void database.close().then(() => process.exit(0)));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(typeof address === 'object' ? address?.port : address);
});
