// Owns: dead letters and bindings in Redis, and putting them together with the queue (event-queue.ts) over one link.
// Each operation is one script. Does not own the connection nor the bus.
import type { Binding, DeadLetter, DeadLetters, EventBindings, EventStore } from '../../model/event-queue.ts';
import { namespaceIn } from '../../model/event-size.ts';
import type { RedisBus } from './bus.ts';
import { redisEventQueue } from './event-queue.ts';
import { deliveryOfFields, fieldsOf, fieldText } from './event-texts.ts';
import { answerOf } from './failures.ts';
import { keyOf, type RedisLink } from './link.ts';
import { bindingRuns, deadLetterRuns } from './scripts/dead-letters.ts';

/** What `ageOut` looks at in one command. */
const agedAtOnce = 1_000;

/** How long a run of a program may take nothing before its name is forgotten (ms); it is known anew when it takes again. */
const unseenForMs = 3_600_000;

export interface RedisEventStoreOptions {
  /** In place of the usual hour. */
  readonly unseenForMs?: number;
}

const isDeadId = (text: string): boolean => /^\d{1,15}$/.test(text);

function letterOf(deadId: string, reply: unknown): DeadLetter | undefined {
  const fields = fieldsOf(reply);
  if (fields.size === 0) return undefined;
  return {
    ...deliveryOfFields(fields, fieldText(fields, 't')),
    deadId,
    tries: Number(fieldText(fields, 'n')),
    at: Number(fieldText(fields, 'a')),
    buriedAt: Number(fieldText(fields, 'u')),
    error: JSON.parse(fieldText(fields, 'e')) as DeadLetter['error'],
  };
}

function redisDeadLetters(link: RedisLink, unseenFor: number): DeadLetters {
  const runs = deadLetterRuns(link);
  const ageOutOf = async (trigger: string, before: number, most: number): Promise<number> => {
    for (let gone = 0; ;) {
      const now = (await runs.ageOut(trigger, before, most, unseenFor)) as number;
      gone += now;
      if (now < agedAtOnce) return gone;
    }
  };
  return {
    async dead({ namespace, trigger, limit, after = '0' }) {
      if (limit <= 0 || (trigger !== undefined && namespaceIn(trigger) !== namespace)) return [];
      const set = trigger === undefined ? `n:${namespace}` : `t:${trigger}`;
      const reply = await runs.dead(set, isDeadId(after) ? after : '-1', limit);
      return (reply as readonly [Buffer, unknown][]).flatMap(
        ([deadId, fields]) => letterOf(String(deadId), fields) ?? [],
      );
    },
    deadOne: async (deadId) => (isDeadId(deadId) ? letterOf(deadId, await runs.deadOne(deadId)) : undefined),
    replay: async (deadIds, now) => (await runs.replay(now, ...deadIds.filter(isDeadId))) as number,
    drop: async (deadIds) => (await runs.drop(...deadIds.filter(isDeadId))) as number,
    async ageOut(before, most) {
      const gone = new Map<string, number>();
      for (const trigger of await answerOf(link.client.hkeys(keyOf(link, 'e', 'last')))) {
        const count = await ageOutOf(trigger, before, most);
        if (count > 0) gone.set(trigger, count);
      }
      return gone;
    },
  };
}

type BindingsReply = readonly [next: Buffer, found: readonly (readonly [Buffer, Buffer, Buffer])[]];

const bindingTexts = (bindings: readonly Binding[]): string[] =>
  bindings.flatMap(({ key, sessionId }) => [key, sessionId]);

/** A scan that is at its end, or not begun. */
const noCursor = '0';

function redisBindings(link: RedisLink): EventBindings {
  const runs = bindingRuns(link);
  return {
    async bindings(most, after = noCursor) {
      const [cursor, all] = (await runs.bindings(after, most)) as BindingsReply;
      const found = all.map(([key, sessionId, endedAt]) => ({
        ...{ key: String(key), sessionId: String(sessionId) },
        ...(endedAt.length > 0 && { endedAt: Number(endedAt) }),
      }));
      const next = String(cursor);
      return { found, ...(next !== noCursor && { next }) };
    },
    async noteEnded(bindings, at) {
      if (bindings.length > 0) await runs.noteEnded(at, ...bindingTexts(bindings));
    },
    async forgetKeys(bindings) {
      return bindings.length === 0 ? 0 : ((await runs.forgetKeys(...bindingTexts(bindings))) as number);
    },
    bind: async (key, sessionId, instead = '') => String(await runs.bind(key, sessionId, instead)),
    strike: async (trigger, tick) => (await runs.strike(trigger, tick)) === 1,
    async lastStrike(trigger) {
      const tick = await runs.lastStrike(trigger);
      return tick === null ? undefined : Number(tick);
    },
  };
}

/** The event store in the Redis of `link`; the bus tells what became due. Both have their own owners. */
export const redisEventStore = (
  link: RedisLink,
  bus: Pick<RedisBus, 'onMessage'>,
  options: RedisEventStoreOptions = {},
): EventStore => ({
  ...redisEventQueue(link, bus),
  ...redisDeadLetters(link, options.unseenForMs ?? unseenForMs),
  ...redisBindings(link),
});
