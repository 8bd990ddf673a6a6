// Owns: the event queue in Redis: streams with a consumer group. Each operation is one script; the scripts are in scripts/events.ts.
// How durable an answered append is, is the server's setting (appendfsync); nothing can rebuild an event that Redis lost.
import type {
  Appended,
  EventQueue,
  NewDelivery,
  QueueLimits,
  Taken,
  TakeRequest,
  TriggerBacklog,
} from '../../model/event-queue.ts';
import { sizeOf } from '../../model/event-size.ts';
import type { RedisBus } from './bus.ts';
import {
  bytesOf,
  deliveryOfFields,
  fieldsOf,
  fieldText,
  laneText,
  restText,
  ticketOf,
  ticketText,
} from './event-texts.ts';
import { answerOf } from './failures.ts';
import { keyOf, type RedisLink } from './link.ts';
import { queueRuns } from './scripts/events.ts';

type Argument = string | number | Buffer;

/** Triggers, and tickets, in one command: some milliseconds of Redis. */
const triggersAtOnce = 200;
const ticketsAtOnce = 1_000;

function portionsOf<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, at) => items.slice(at * size, (at + 1) * size));
}

/** Numbers things by when they were first seen, from one. */
class Numbering<T> {
  readonly #numbers = new Map<T, number>();

  of(item: T): number {
    const number = this.#numbers.get(item) ?? this.#numbers.size + 1;
    this.#numbers.set(item, number);
    return number;
  }

  all(): readonly T[] {
    return [...this.#numbers.keys()];
  }
}

const withinText = (within: number | undefined): string | number =>
  within === undefined ? '' : Math.max(1, Math.ceil(within));

/** An event that several triggers take is sent once. */
function appendArgs(deliveries: readonly NewDelivery[], limits: QueueLimits, now: number): Argument[] {
  const [triggers, bodies] = [new Numbering<string>(), new Numbering<Uint8Array>()];
  const rows = deliveries.flatMap((delivery): Argument[] => {
    const { trigger, lane, source, id, event, dropRepeatsWithinMs: within } = delivery;
    const key = within === undefined ? '' : JSON.stringify([source, id]);
    return [
      ...[triggers.of(trigger), laneText(lane), sizeOf(event), withinText(within), key],
      ...[restText(delivery), bodies.of(event.body)],
    ];
  });
  const { perTrigger, total, bytes = '' } = limits;
  const [names, contents] = [triggers.all(), bodies.all().map(bytesOf)];
  return [perTrigger, total, bytes, now, contents.length, ...contents, names.length, ...names, ...rows];
}

type TakenReply = readonly [trigger: Buffer, seq: Buffer, turn: Buffer, tried: Buffer, fields: unknown];

function takenOf([trigger, seq, turn, tried, reply]: TakenReply): Taken {
  const fields = fieldsOf(reply);
  const [lane, at, size] = [fieldText(fields, 'l'), fieldText(fields, 'a'), fieldText(fields, 'z')];
  const named = { trigger: String(trigger), seq: String(seq), turn: String(turn), at, size, lane };
  const [tries = '', ...error] = String(tried).split('\n');
  return {
    ...deliveryOfFields(fields, named.trigger),
    ticket: ticketText(named),
    at: Number(at),
    tries: Number(tries),
    ...(error.length > 0 && { lastError: JSON.parse(error.join('\n')) as Taken['lastError'] & object }),
  };
}

type Runs = ReturnType<typeof queueRuns>;

async function takePortion(runs: Runs, request: TakeRequest, wants: Map<string, number>): Promise<Taken[]> {
  const { now, until, holder } = request;
  const taken: Taken[] = [];
  for (let more = true; more && wants.size > 0;) {
    const reply = await runs.take(now, until, holder, ...[...wants].flat());
    const [unfinished, found] = reply as readonly [number, readonly TakenReply[]];
    for (const one of found.map(takenOf)) {
      taken.push(one);
      const left = (wants.get(one.trigger) ?? 0) - 1;
      if (left > 0) wants.set(one.trigger, left);
      else wants.delete(one.trigger);
    }
    more = unfinished === 1;
  }
  return taken;
}

/** What was taken before something failed is answered all the same: it is in the holder's hands. */
async function take(runs: Runs, request: TakeRequest): Promise<readonly Taken[]> {
  const wanted = [...request.wants].filter(([, most]) => most > 0);
  const taken: Taken[] = [];
  for (const portion of portionsOf(wanted, triggersAtOnce)) {
    try {
      taken.push(...(await takePortion(runs, request, new Map(portion))));
    } catch (fault) {
      if (taken.length === 0) throw fault;
      return taken;
    }
  }
  return taken;
}

async function renew(runs: Runs, tickets: readonly string[], holder: string, until: number) {
  const lost = tickets.filter((ticket) => !ticketOf(ticket));
  const known = tickets.flatMap((text) => {
    const ticket = ticketOf(text);
    return ticket ? [{ text, ticket }] : [];
  });
  for (const portion of portionsOf(known, ticketsAtOnce)) {
    const args = portion.flatMap(({ ticket: { trigger, seq, turn } }) => [trigger, seq, turn]);
    const places = new Set((await runs.renew(holder, until, ...args)) as readonly number[]);
    lost.push(...portion.filter((_, at) => places.has(at)).map(({ text }) => text));
  }
  return tickets.filter((ticket) => lost.includes(ticket));
}

async function expire(runs: Runs, ...[trigger, before, error, now]: Parameters<EventQueue['expire']>) {
  let [count, after] = [0, ''];
  do {
    const reply = await runs.expire(trigger, before, now, JSON.stringify(error), after);
    const [gone, next] = reply as readonly [number, Buffer];
    count += gone;
    after = String(next);
  } while (after !== '');
  return count;
}

async function backlog(link: RedisLink, runs: Runs): Promise<TriggerBacklog[]> {
  const names = await answerOf(link.client.hkeys(keyOf(link, 'e', 'last')));
  const found: TriggerBacklog[] = [];
  for (const portion of portionsOf(names.sort(), triggersAtOnce)) {
    for (const [trigger, waiting, dead, oldest] of (await runs.backlog(...portion)) as readonly [
      Buffer,
      number,
      number,
      Buffer,
    ][]) {
      const oldestAt = oldest.length > 0 ? { oldestAt: Number(oldest) } : {};
      found.push({ trigger: String(trigger), waiting, dead, ...oldestAt });
    }
  }
  return found;
}

const appendedOf = (reply: unknown): Appended => {
  const [kind, more] = reply as readonly [Buffer, number | Buffer | undefined];
  if (String(kind) === 'stored') return { kind: 'stored', repeats: Number(more) };
  return { kind: 'full', ...(more !== undefined && { trigger: String(more) }) };
};

/** The queue in the Redis of `link`; the bus tells what became due. */
export function redisEventQueue(link: RedisLink, bus: Pick<RedisBus, 'onMessage'>): EventQueue {
  const runs = queueRuns(link);
  const listeners = new Set<(trigger: string) => void>();
  // From the beginning, so that a bus that starts afterwards has subscribed when it says that it listens.
  bus.onMessage('events', (trigger) => {
    for (const listener of [...listeners]) listener(trigger);
  });
  return {
    async append(deliveries, limits, now) {
      if (deliveries.length === 0) return { kind: 'stored', repeats: 0 };
      return appendedOf(await runs.append(...appendArgs(deliveries, limits, now)));
    },
    take: (request) => take(runs, request),
    renew: (tickets, holder, until) => renew(runs, tickets, holder, until),
    async settle(text, holder, outcome) {
      const ticket = ticketOf(text);
      if (!ticket) return false;
      const { trigger, seq, turn, lane, at, size } = ticket;
      const error = 'error' in outcome ? JSON.stringify(outcome.error) : '';
      const when = 'dueAt' in outcome ? outcome.dueAt : 'at' in outcome ? outcome.at : '';
      const what = [outcome.kind, when, error, lane, at, size];
      return (await runs.settle(holder, trigger, seq, turn, ...what)) === 1;
    },
    backlog: () => backlog(link, runs),
    expire: (...args) => expire(runs, ...args),
    onAppended(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
