// Our own routes for dead letters: list, look at, replay, drop; one of them, or all of a trigger. Errors are typed (`{error, code, …}`).
// Whoever may look at sandboxes may look at dead letters; replaying is as making sandboxes, dropping as deleting them.
// Does not own what becomes a dead letter, nor how it is kept. A letter is looked for in its own namespace only.
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { Clock } from '../../model/clock.ts';
import { triggerKeyText } from '../../model/deployed-trigger.ts';
import { PlatformError } from '../../model/errors.ts';
import type { DeadLetter, DeadLetters } from '../../model/event-queue.ts';
import { sandboxes, sandboxClaims, type Access, type Verb } from './authentication.ts';
import { deadLetterView, wholeDeadLetter } from './dead-letter-view.ts';
import { param, readQuery, textOf, type Answer, type Route } from './route.ts';
import { ofTrigger } from './schemas.ts';

type Kept = Pick<DeadLetters, 'dead' | 'deadOne' | 'replay' | 'drop'>;

export interface DeadLetterRoutesDeps {
  /** Absent where nobody takes events. */
  readonly deadLetters?: Kept;
  readonly clock: Pick<Clock, 'now'>;
  /** Where callers have to say who they are. */
  readonly access?: Access;
}

interface Wired extends DeadLetterRoutesDeps {
  readonly deadLetters: Kept;
}

const any = [sandboxes, sandboxClaims];
/** So many at a time are replayed or dropped, which keeps the queue from nobody else for long. */
const step = 200;

const listQuery = z.strictObject({
  trigger: z.string().min(1).optional().describe('the name of a trigger of that namespace'),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  after: z.string().min(1).max(100).optional().describe('the id that the page before ended with'),
});

const dropQuery = z.strictObject({
  trigger: z.string().min(1).optional().describe('whose dead letters are dropped; required'),
});

const allowed = async ({ access }: Wired, request: Request, verb: Verb): Promise<string> => {
  const namespace = param(request, 'namespace');
  await access?.authorize(request, { verb, namespace, any });
  return namespace;
};

async function list(deps: Wired, request: Request, response: Response): Promise<void> {
  const { trigger: name, limit, after } = readQuery(listQuery, request.query);
  const namespace = await allowed(deps, request, 'list');
  const letters = await deps.deadLetters.dead({
    ...{ namespace, limit },
    ...(name !== undefined && { trigger: triggerKeyText({ namespace, name }) }),
    ...(after !== undefined && { after }),
  });
  const last = letters.length === limit ? letters.at(-1)?.deadId : undefined;
  response.json({ items: letters.map(deadLetterView), ...(last !== undefined && { continue: last }) });
}

/** The letter that is asked for. Rejects with DEAD_LETTER_NOT_FOUND, also for one of another namespace. */
async function letterOf(deps: Wired, request: Request, verb: Verb): Promise<DeadLetter> {
  const namespace = await allowed(deps, request, verb);
  const id = param(request, 'id');
  const letter = await deps.deadLetters.deadOne(id);
  if (letter?.trigger.startsWith(`${namespace}/`)) return letter;
  throw notThere(namespace, id);
}

const notThere = (namespace: string, id: string): PlatformError =>
  new PlatformError('DEAD_LETTER_NOT_FOUND', `dead letter ${id} of namespace ${namespace} not found`);

const show = async (deps: Wired, request: Request, response: Response): Promise<void> =>
  void response.json(wholeDeadLetter(await letterOf(deps, request, 'get')));

type Settle = (ids: readonly string[]) => Promise<number>;
type Counted = (count: number) => object;

async function settleOne(letter: DeadLetter, namespace: string, settle: Settle): Promise<number> {
  const count = await settle([letter.deadId]);
  // Somebody else was faster.
  if (count === 0) throw notThere(namespace, letter.deadId);
  return count;
}

/** Those of a trigger that were buried by now: what is replayed and fails once more is not replayed again. */
async function settleAll({ deadLetters, clock }: Wired, trigger: string, settle: Settle): Promise<number> {
  const now = clock.now();
  const namespace = trigger.slice(0, trigger.indexOf('/'));
  let count = 0;
  for (let after: string | undefined; ;) {
    const query = { namespace, trigger, limit: step, ...(after !== undefined && { after }) };
    const page = await deadLetters.dead(query);
    const old = page.filter(({ buriedAt }) => buriedAt <= now).map(({ deadId }) => deadId);
    if (old.length > 0) count += await settle(old);
    after = page.at(-1)?.deadId;
    if (page.length < step || old.length < page.length) return count;
  }
}

function triggerOf(request: Request): string {
  const parsed = ofTrigger.safeParse(jsonOf(textOf(request)));
  if (parsed.success) return parsed.data.trigger;
  throw new PlatformError('INVALID_REQUEST', 'the body is {"trigger": "<name>"}');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function replayAll(deps: Wired, request: Request, response: Response): Promise<void> {
  const name = triggerOf(request);
  const namespace = await allowed(deps, request, 'create');
  const replay: Settle = (ids) => deps.deadLetters.replay(ids, deps.clock.now());
  response.json({ replayed: await settleAll(deps, triggerKeyText({ namespace, name }), replay) });
}

async function dropAll(deps: Wired, request: Request, response: Response): Promise<void> {
  const { trigger: name } = readQuery(dropQuery, request.query);
  if (name === undefined)
    throw new PlatformError('INVALID_REQUEST', 'query: trigger: say whose dead letters are dropped');
  const namespace = await allowed(deps, request, 'delete');
  const drop: Settle = (ids) => deps.deadLetters.drop(ids);
  response.json({ dropped: await settleAll(deps, triggerKeyText({ namespace, name }), drop) });
}

const one =
  (deps: Wired, verb: Verb, settle: Settle, told: Counted): Route['handle'] =>
  async (request, response) => {
    const letter = await letterOf(deps, request, verb);
    response.json(told(await settleOne(letter, param(request, 'namespace'), settle)));
  };

const typed = (description: string): Answer => ({ description, schema: 'TypedError' });
const base = '/v1/namespaces/{namespace}/dead-letters';
const unknown = { 404: typed('No such dead letter in that namespace.') };
const malformed = { 400: typed('A parameter or the body is malformed.') };

const reading = (deps: Wired): Route[] => [
  {
    method: 'get',
    path: base,
    doc: {
      summary: 'List dead letters, from the oldest to the newest, without their events',
      tag: 'Events',
      query: listQuery,
      answers: { 200: { description: 'A page.', schema: 'DeadLetterList' }, ...malformed },
    },
    handle: (request, response) => list(deps, request, response),
  },
  {
    method: 'get',
    path: `${base}/{id}`,
    doc: {
      summary: 'Look at a dead letter and its event, as it came',
      tag: 'Events',
      answers: { 200: { description: 'The dead letter.', schema: 'DeadLetter' }, ...unknown },
    },
    handle: (request, response) => show(deps, request, response),
  },
];

const replaying = (deps: Wired): Route[] => [
  {
    method: 'post',
    path: `${base}/replay`,
    doc: {
      summary: 'Replay all dead letters of a trigger, as if they came now',
      tag: 'Events',
      body: { schema: 'OfTrigger', types: ['application/json'] },
      answers: { 200: { description: 'How many there were.', schema: 'Replayed' }, ...malformed },
    },
    handle: (request, response) => replayAll(deps, request, response),
  },
  {
    method: 'post',
    path: `${base}/{id}/replay`,
    doc: {
      summary: 'Replay a dead letter, as if it came now',
      tag: 'Events',
      answers: { 200: { description: 'It waits for its trigger again.', schema: 'Replayed' }, ...unknown },
    },
    handle: one(
      deps,
      'create',
      (ids) => deps.deadLetters.replay(ids, deps.clock.now()),
      (replayed) => ({ replayed }),
    ),
  },
];

const dropping = (deps: Wired): Route[] => [
  {
    method: 'delete',
    path: base,
    doc: {
      summary: 'Drop all dead letters of a trigger',
      tag: 'Events',
      query: dropQuery,
      answers: { 200: { description: 'How many there were.', schema: 'Dropped' }, ...malformed },
    },
    handle: (request, response) => dropAll(deps, request, response),
  },
  {
    method: 'delete',
    path: `${base}/{id}`,
    doc: {
      summary: 'Drop a dead letter',
      tag: 'Events',
      answers: { 200: { description: 'It is gone.', schema: 'Dropped' }, ...unknown },
    },
    handle: one(
      deps,
      'delete',
      (ids) => deps.deadLetters.drop(ids),
      (dropped) => ({ dropped }),
    ),
  },
];

/** None where nobody takes events. */
export function deadLetterRoutes({ deadLetters, ...deps }: DeadLetterRoutesDeps): Route[] {
  if (!deadLetters) return [];
  const wired = { ...deps, deadLetters };
  return [...reading(wired), ...replaying(wired), ...dropping(wired)];
}
