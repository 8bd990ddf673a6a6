// What became of events, as their handlers and the platform tell: the files in the sandboxes' workspaces, the dead letters of the
// control API, and what the queue still has. Judges nothing (checker.ts).
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { redisEventStore } from '../../../adapters/redis/event-store.ts';
import { connectTo } from '../../support/redis-link.ts';
import type { Door } from '../client.ts';
import type { Dead, Handled } from '../history.ts';
import { ask } from '../request.ts';
import { firstSubject, triggerName } from './deployment.ts';

const lineSchema = z.object({
  id: z.string(),
  subject: z.string(),
  session: z.string(),
  at: z.number(),
  boot: z.string(),
  beside: z.array(z.string()),
});
type Line = z.infer<typeof lineSchema>;

function linesOf(file: string): Line[] {
  try {
    const whole = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    return whole.map((line) => lineSchema.parse(JSON.parse(line)));
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw fault;
  }
}

/** What each session wrote down, by its subjects; of one session there may be more than one, which is for the checker to see. */
export function readHandled(dataDir: string): Omit<Handled, 'at' | 't'>[] {
  const sandboxes = path.join(dataDir, 'sandboxes');
  return readdirSync(sandboxes).flatMap((id) => {
    const lines = linesOf(path.join(sandboxes, id, 'workspace', 'handled.jsonl'));
    const own = lines.filter(({ subject }) => subject !== firstSubject);
    return [...Map.groupBy(own, ({ session, subject }) => JSON.stringify([session, subject]))].map(
      ([key, group]) => {
        const [session, subject] = JSON.parse(key) as [string, string];
        return {
          session,
          subject,
          handlings: group.map(({ id, at, boot, beside }) => ({ id, at, boot, beside })),
        };
      },
    );
  });
}

const patienceMs = 30_000;
const pageSize = 500;

const pageSchema = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      event: z.object({ id: z.string() }),
      tries: z.number(),
      error: z.object({ code: z.number(), data: z.string() }),
    }),
  ),
});

/** All dead letters; undefined when nobody can tell now. */
export async function readDead(controller: Door): Promise<Dead['letters'] | undefined> {
  const letters: Dead['letters'][number][] = [];
  for (let after = ''; ;) {
    const url = `${controller.url}/v1/namespaces/default/dead-letters?trigger=${triggerName}&limit=${pageSize}${after}`;
    const { body } = await ask({ method: 'GET', url, patienceMs }, 'nothing');
    const page = pageSchema.safeParse(body).data;
    if (!page) return undefined;
    for (const { event, tries, error } of page.items)
      letters.push({ id: event.id, tries, code: error.code, why: error.data });
    const last = page.items.at(-1);
    if (!last || page.items.length < pageSize) return letters;
    after = `&after=${last.id}`;
  }
}

/** How many deliveries the queue has. Rejects when Redis is away. */
export async function readWaiting(addr: string): Promise<number> {
  const connection = connectTo({ addr });
  try {
    await connection.firstAnswer();
    const queue = redisEventStore(connection.link, { onMessage: () => () => undefined });
    return (await queue.backlog()).reduce((sum, { waiting }) => sum + waiting, 0);
  } finally {
    await connection.close();
  }
}
