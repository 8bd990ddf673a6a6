// Finds again what an earlier run or an earlier leader left: sessions go on with their memory, orphans go away (S4, S5), and
// what the store has lost is told to it again. Others use the store meanwhile, so the order of looking matters.
// Does not own what follows from what is found (core/recovery-plan.ts).
import type { Clock } from '../model/clock.ts';
import { dueAt } from '../model/due.ts';
import type { Ids } from '../model/open-session.ts';
import { runtimeKeyText } from '../model/sandbox.ts';
import { sandboxIdOf } from '../model/session-query.ts';
import type { SessionStore, WarmSandbox } from '../model/session-store.ts';
import { stateKinds, type Session, type StateKind } from '../model/session.ts';
import { planRecovery, type RecoveryFacts, type RecoveryPlan } from './core/recovery-plan.ts';
import type { Deployments } from './deployments.ts';
import type { Driver, FoundSandbox } from './driver.ts';
import type { MarkBook } from './marks.ts';
import type { SessionRunner } from './session-runner.ts';

export interface RecoveryDeps {
  readonly store: Pick<
    SessionStore,
    'list' | 'get' | 'bySandbox' | 'entries' | 'withdraw' | 'create' | 'save' | 'acquire' | 'touch'
  >;
  readonly driver: Pick<Driver, 'list' | 'stop' | 'resume'>;
  readonly runner: Pick<SessionRunner, 'apply' | 'carryOn'>;
  readonly deployments: Pick<Deployments, 'all'>;
  readonly marks: Pick<MarkBook, 'learn' | 'mark'>;
  /** Takes warm sandboxes that are in the pool already. */
  readonly adopt: (entries: readonly WarmSandbox[]) => void;
  /** Puts a warm sandbox into the pool. */
  readonly giveBack: (entry: WarmSandbox) => Promise<void>;
  readonly publish: (session: Session) => void;
  readonly ids: Ids;
  readonly clock: Pick<Clock, 'now'>;
  /** How long a lease may last that the store forgot (ms). */
  readonly leaseMs?: number;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

export interface Recovered {
  readonly sessions: number;
  readonly warm: number;
  readonly removed: number;
  readonly lost: number;
  /** Sessions that the store did not know any more, or only from before. */
  readonly rebuilt: number;
}

/** Stands for whoever held a lease that the store forgot. */
const holderBefore = 'before the store was lost';
const page = 1_000;
const atOnce = 32;
const alive = stateKinds.filter((kind) => kind !== 'ended');

/** All sessions in one of the states, in order of id; by default those that have not ended. */
export async function liveSessions(
  store: Pick<SessionStore, 'list'>,
  states: readonly StateKind[] = alive,
): Promise<readonly Session[]> {
  const sessions: Session[] = [];
  for (;;) {
    const last = sessions.at(-1);
    const records = await store.list({ states, limit: page, ...(last && { after: last.id }) });
    sessions.push(...records.map((record) => record.session));
    if (records.length < page) return sessions;
  }
}

/** Does the work for each, some at once. Rejects with the first failure. */
async function forEach<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < items.length; i += atOnce)
    await Promise.all(items.slice(i, i + atOnce).map((item) => work(item)));
}

/**
 * What the store says of sandboxes that no session on its list has: of a marked one by its session, of another by itself.
 * A list is read in pages while sessions are opened, so what is missing on it may be there all the same.
 */
async function lookCloser(
  store: RecoveryDeps['store'],
  unclaimed: readonly FoundSandbox[],
): Promise<{ readonly sessions: readonly Session[]; readonly ended: ReadonlySet<string> }> {
  const sessions: Session[] = [];
  const ended = new Set<string>();
  await forEach(unclaimed, async ({ spec }) => {
    const record = await (spec.session ? store.get(spec.session.id) : store.bySandbox(spec.id));
    if (record?.session.state.kind === 'ended') ended.add(record.session.id);
    else if (record) sessions.push(record.session);
  });
  return { sessions, ended };
}

/** The pool is read before the sessions: what is claimed in between is then seen twice, and not missed. */
async function factsOf({ store, driver, deployments, clock }: RecoveryDeps): Promise<RecoveryFacts> {
  const pool = await store.entries();
  const listed = await liveSessions(store);
  const found = await driver.list();
  const known = new Set(listed.map(sandboxIdOf));
  const closer = await lookCloser(
    store,
    found.filter(({ spec }) => !known.has(spec.id)),
  );
  const sessions = new Map([...listed, ...closer.sessions].map((session) => [session.id, session]));
  const revisions = deployments.all().map(({ runtime }) => [runtimeKeyText(runtime.key), runtime.revision]);
  return {
    ...{ found, pool, ended: closer.ended, now: clock.now() },
    sessions: [...sessions.values()],
    revisions: new Map(revisions as [string, string][]),
  };
}

/** The session in a sandbox of its own, to be started from nothing: it never ran. */
function rehoused(session: Session, ids: Ids, now: number): Session {
  const { state } = session;
  const sandbox = { id: ids.uuid(), name: `${session.runtime.name}-${ids.suffix()}` };
  return {
    ...session,
    stateAt: now,
    generation: session.generation + 1,
    version: session.version + 1,
    state: state.kind === 'ending' ? { kind: 'ending', reason: state.reason } : { kind: 'creating', sandbox },
  };
}

/** Sessions that are not as the table would have changed them: the store was behind the sandboxes. */
async function correct(deps: RecoveryDeps, plan: RecoveryPlan): Promise<void> {
  const { store, publish, runner, ids, clock, log } = deps;
  const save = async (session: Session): Promise<void> => {
    if ((await store.save(session, dueAt(session, 0))) === 'saved') publish(session);
  };
  await forEach(plan.displaced, async (session) => {
    log('a session was given a sandbox that is another one', { sessionId: session.id });
    await save(rehoused(session, ids, clock.now()));
    runner.carryOn(session.id);
  });
  await forEach(plan.catchUp, save);
  await forEach(plan.rebuild, async (session) => {
    if ((await store.create(session, dueAt(session, session.createdAt))) === 'created') publish(session);
    await leaseAgain(deps, session);
  });
}

/**
 * S2: somebody may forward to it under a lease that went with the store, so it is treated as leased for as long as that may last; one
 * that is only about to run, and so takes no lease yet, as in use until then.
 */
async function leaseAgain({ store, clock, leaseMs }: RecoveryDeps, { id, state }: Session): Promise<void> {
  if (leaseMs === undefined) return;
  const now = clock.now();
  if (state.kind === 'running') await store.acquire(id, holderBefore, now + leaseMs, now);
  if (state.kind === 'resuming') await store.touch(id, now + leaseMs);
}

/**
 * Takes what is not fit for it out of the pool. Answers what was claimed since it was looked at: that is a session's now, which
 * learns at its first wake what is left of it (S4).
 */
async function withdrawAll(
  store: Pick<SessionStore, 'withdraw'>,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const taken = new Set<string>();
  await forEach(ids, async (id) => {
    if (!(await store.withdraw(id))) taken.add(id);
  });
  return taken;
}

/** What one sandbox refuses is no reason not to lead; its end, if that is why, is told by the driver. */
async function settleSandboxes(deps: RecoveryDeps, plan: RecoveryPlan): Promise<void> {
  const { driver, marks, log } = deps;
  const orSay = (work: Promise<unknown>, sandboxId: string | undefined): Promise<unknown> =>
    work.catch((fault: unknown) => log('a sandbox could not be put in order', { sandboxId, fault }));
  await forEach(plan.remove, (id) => orSay(driver.stop(id, 'remove'), id));
  await forEach(plan.mark, (session) => {
    const id = sandboxIdOf(session);
    return orSay(marks.mark(id ?? '', session), id);
  });
  await forEach(plan.resume, ({ sandboxId, version }) => orSay(driver.resume(sandboxId, version), sandboxId));
}

/** The events of one session in their order, those of several at once. */
async function tell({ runner }: RecoveryDeps, { events }: RecoveryPlan): Promise<void> {
  const bySession = Map.groupBy(events, (one) => one.sessionId);
  await forEach([...bySession], async ([sessionId, told]) => {
    for (const { event } of told) await runner.apply(sessionId, event);
  });
}

/** Brings store and driver together once, when a lead begins. Rejects when the store or the driver cannot be read or written. */
export async function recover(deps: RecoveryDeps): Promise<Recovered> {
  const { store, runner } = deps;
  const facts = await factsOf(deps);
  deps.marks.learn(facts.found);
  const plan = planRecovery(facts);
  const taken = await withdrawAll(store, plan.withdraw);
  await correct(deps, plan);
  await tell(deps, plan);
  await settleSandboxes(deps, { ...plan, remove: plan.remove.filter((id) => !taken.has(id)) });
  deps.adopt(plan.warm);
  await forEach(plan.giveBack, (entry) => deps.giveBack(entry));
  for (const id of plan.carryOn) runner.carryOn(id);
  const lost = new Set(
    plan.events.filter(({ event }) => event.kind !== 'wanted').map((one) => one.sessionId),
  );
  return {
    sessions: facts.sessions.length - lost.size,
    warm: plan.warm.length + plan.giveBack.length,
    removed: plan.remove.length,
    lost: lost.size,
    rebuilt: plan.rebuild.length + plan.catchUp.length,
  };
}
