// Owns: clients that call one session each, one request after the other, and what each was told; and the rules for pods that go.
// Does not own: who takes the pods away. Rule: memory is new only where the client was told so, by a refusal or by `Server-Timing`.
import { setTimeout as sleep } from 'node:timers/promises';
import { errorKinds } from '../../../model/errors.ts';
import { Client, type Door, type Held } from '../../chaos/client.ts';
import type { History, Result } from '../../chaos/history.ts';

const patienceMs = 60_000;
const pauseMs = 150;

/** A session and what its client was told, in order. */
export interface Steady {
  readonly held: Held;
  readonly told: readonly Result[];
}

export interface Calls {
  readonly sessions: readonly Steady[];
  /** Resolves when each session was answered `times` more, or told for good that it ended. */
  answered(times: number, withinMs: number): Promise<void>;
  stop(): Promise<void>;
}

const isAnswer = (result: Result): boolean => result.kind === 'answer';
const isEnd = (result: Result): boolean => result.kind === 'refusal' && result.code === 'SESSION_ENDED';

/** Opens `count` sessions of the runtime and calls them until it is stopped. Rejects when one cannot be opened. */
export async function startCalls(
  history: History,
  door: Door,
  runtime: string,
  count: number,
): Promise<Calls> {
  const client = new Client(history, patienceMs);
  let working = true;
  const sessions = await Promise.all(
    Array.from({ length: count }, async () => {
      const { held, result } = await client.open(runtime, door);
      if (held === undefined || result.kind !== 'answer')
        throw new Error(`no session: ${JSON.stringify(result)}`);
      const told: Result[] = [result];
      return { held, told };
    }),
  );
  const work = async ({ held, told }: { held: Held; told: Result[] }): Promise<void> => {
    while (working && !told.some(isEnd)) {
      told.push(await client.use(held, door));
      await sleep(pauseMs);
    }
  };
  const all = Promise.all(sessions.map(work));
  const answersOf = ({ told }: Steady): number => told.filter(isAnswer).length;
  return {
    sessions,
    answered: async (times, withinMs) => {
      const deadline = Date.now() + withinMs;
      const wanted = new Map<Steady, number>(
        sessions.map((session) => [session, answersOf(session) + times]),
      );
      const isDone = (session: Steady): boolean =>
        session.told.some(isEnd) || answersOf(session) >= (wanted.get(session) ?? 0);
      while (!sessions.every(isDone)) {
        if (Date.now() > deadline)
          throw new Error(`not answered: ${JSON.stringify(sessions.map(({ told }) => told.at(-1)))}`);
        await sleep(100);
      }
    },
    stop: async () => {
      working = false;
      await all;
    },
  };
}

const announces = (result: Result): boolean =>
  result.kind !== 'answer' || (result.timing?.includes('memory;desc="new"') ?? false);

const isTyped = (result: Result): boolean =>
  result.kind === 'answer' || (result.kind === 'refusal' && (result.code ?? '') in errorKinds);

/** What broke which promise; `''` for nothing. A refusal that ends a session says why in its text. */
export function brokenPromises({ held, told }: Steady): readonly string[] {
  const problems = told
    .filter((result) => !isTyped(result))
    .map((result) => `${held.id} was told something untyped: ${JSON.stringify(result)}`);
  const readings = told.flatMap((result, index) =>
    result.kind === 'answer' && result.reading ? [{ reading: result.reading, index }] : [],
  );
  for (const [position, { reading, index }] of readings.entries()) {
    const before = readings[position - 1];
    if (reading.label !== held.label) problems.push(`${held.id} was answered by ${reading.label}`);
    if (before === undefined) continue;
    const isSame = before.reading.boot === reading.boot;
    if (isSame && reading.count <= before.reading.count)
      problems.push(`${held.id} counted ${reading.count} twice`);
    if (!isSame && !told.slice(before.index + 1, index + 1).some(announces))
      problems.push(`${held.id} forgot everything and was not told`);
  }
  return problems;
}
