// Looks at everything when a run has healed: each session's own memory, and what there is on the machine (S5).
// Asks again for a while: being in order in the end is what is promised, not at the first moment.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { checkRest } from './checks/rest.ts';
import { runOf } from './checks/run.ts';
import { invocation, type Door, type Held } from './client.ts';
import { poolSize } from './deployment.ts';
import type { Entry, History, Inventory, Result } from './history.ts';
import { ask } from './request.ts';
import { sandboxProcesses } from './sandboxes.ts';

const askForMs = 60_000;
const settleForMs = 90_000;
const againAfterMs = 500;
const patienceMs = 40_000;

const opsSchema = z.object({ ops: z.array(z.string()) });

const listSchema = z.object({
  items: z.array(
    z.object({
      sessionId: z.string(),
      state: z.string(),
      sandbox: z.object({ id: z.string() }).optional(),
      reason: z.string().optional(),
      lost: z.string().optional(),
    }),
  ),
});

const words = (result: Result): string => {
  if (result.kind === 'refusal') return `${result.code ?? result.status}: ${result.text}`;
  return result.kind === 'answer' || result.kind === 'late' ? result.kind : `${result.kind}: ${result.why}`;
};

async function readFinal(history: History, { label, runtime, id }: Held, door: Door): Promise<void> {
  const url = invocation(door, runtime, '/ops');
  const deadline = history.now() + askForMs;
  for (;;) {
    const { result, body } = await ask({ method: 'GET', url, session: id, patienceMs }, 'reading');
    const reading = result.kind === 'answer' ? result.reading : undefined;
    if (reading) return history.write({ t: 'final', label, id, reading, ops: opsSchema.parse(body).ops });
    const passes = result.kind !== 'refusal' || result.retryable === true;
    if (!passes || history.now() > deadline)
      return history.write({ t: 'final', label, id, why: words(result) });
    await sleep(againAfterMs);
  }
}

/** Every session that its client still holds, through one door; a refusal that may pass is asked again. */
export async function readFinals(history: History, held: readonly Held[], door: Door): Promise<void> {
  await Promise.all(held.map((one) => readFinal(history, one, door)));
}

async function look(dataDir: string, door: Door): Promise<Omit<Inventory, 'at'> | undefined> {
  const url = `${door.url}/v1/sessions?limit=1000`;
  const { body } = await ask({ method: 'GET', url, patienceMs }, 'nothing');
  const list = listSchema.safeParse(body).data;
  if (!list) return undefined;
  return {
    t: 'inventory',
    sandboxes: readdirSync(path.join(dataDir, 'sandboxes')).sort(),
    alive: [...sandboxProcesses(dataDir).keys()].sort(),
    sessions: list.items.map(({ sessionId, state, sandbox, reason, lost }) => ({
      id: sessionId,
      state,
      ...(sandbox && { sandbox: sandbox.id }),
      ...((reason ?? lost) !== undefined && { why: reason ?? lost ?? '' }),
    })),
    pool: poolSize,
  };
}

/** Writes the inventory as soon as it is in order, or as it is when it does not come to that. */
export async function readInventory(history: History, dataDir: string, door: Door): Promise<void> {
  const deadline = history.now() + settleForMs;
  for (;;) {
    const found = await look(dataDir, door);
    const late = history.now() > deadline;
    const entries: Entry[] = [...history.entries(), ...(found ? [{ ...found, at: history.now() }] : [])];
    if (found && (late || checkRest(runOf(entries)).length === 0)) return history.write(found);
    if (late) return;
    await sleep(againAfterMs);
  }
}
