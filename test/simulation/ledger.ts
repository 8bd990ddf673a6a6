// The simulation's own memory of what was ever stored: it outlives the store, and every write is held against it.
// S1: whose a sandbox is; S6: which state follows which; S7: what never changes. Does not own what lives (sim-host.ts).
import { endReasonText } from '../../controller/session-commands.ts';
import { sandboxIdOf } from '../../model/session-query.ts';
import type { SessionRecord } from '../../model/session-store.ts';
import { step, stateKinds, type Session, type SessionEvent, type StateKind } from '../../model/session.ts';
import type { World } from './world.ts';

interface Known {
  session: Session;
  /** Which run of the store's contents it was written to: an emptied store begins another. */
  contents: number;
  lastActivityAt: number;
  /** The last generation in which its sandbox ran for it, 0 before: from then on it may not be lost with the store. */
  ran: number;
  /** The version in which it was rebuilt as about to run; it may be in use all the while. */
  doubted: number;
}

const ref = { id: 'x', name: 'x', entryPoints: [] };
const reason = { kind: 'deleted' } as const;
const plain: readonly SessionEvent['kind'][] = ['wanted', 'idle', 'older'];

/** Which kinds of state can follow which, as the machine itself tells of each event. */
function following(kind: StateKind): ReadonlySet<StateKind> {
  const state = { kind, sandbox: ref, files: ref, claimed: false, wanted: true, reason } as Session['state'];
  const session = { state, generation: 1, version: 1 } as Session;
  const events = [
    ...plain.map((one) => ({ kind: one })),
    { kind: 'end', reason },
    ...(['started', 'resumed'] as const).map((one) => ({ kind: one, generation: 1, sandbox: ref })),
    ...(['start-failed', 'lost'] as const).map((one) => ({ kind: one, generation: 1, why: 'x' })),
    ...(['paused', 'busy', 'suspended', 'stopped'] as const).map((one) => ({ kind: one, generation: 1 })),
  ] as SessionEvent[];
  const also = { ...session, state: { ...state, wanted: false } as Session['state'] };
  return new Set(
    events.flatMap((event) =>
      [session, also].flatMap((from) => {
        const stepped = step(from, event, 0);
        return 'changed' in stepped ? [stepped.changed.state.kind] : [];
      }),
    ),
  );
}

const followers = new Map(stateKinds.map((kind) => [kind, following(kind)]));
const over: ReadonlySet<StateKind> = new Set(['ending', 'ended']);

/** A mutant gives one sandbox out under two names. */
export const trueSandbox = (id: string): string => id.replace(/#.*$/, '');

function inWords(session: Session): string {
  const { state, generation, version } = session;
  const lost = state.kind === 'suspended' && state.lost !== undefined ? ` (lost: ${state.lost})` : '';
  const why = 'reason' in state ? ` (${endReasonText(state.reason)})` : '';
  const sandbox = sandboxIdOf(session) ?? 'none';
  return `${state.kind}${lost}${why}, sandbox ${sandbox}, generation ${generation}, version ${version}`;
}

export class Ledger {
  readonly #world: World;
  readonly #sessions = new Map<string, Known>();
  readonly #owners = new Map<string, string>();
  /** Sessions that never ran and were lost with the store: nobody can tell of them. */
  readonly #forgotten = new Set<string>();
  #contents = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Sessions that are to be there: stored, not ended, and not forgotten. */
  living(): Session[] {
    return [...this.#sessions.values()].flatMap(({ session }) =>
      over.has(session.state.kind) || this.#forgotten.has(session.id) ? [] : [session],
    );
  }

  session(id: string): Session | undefined {
    return this.#sessions.get(id)?.session;
  }

  owner(sandboxId: string): Session | undefined {
    return this.session(this.#owners.get(trueSandbox(sandboxId)) ?? '');
  }

  /** Whether it was rebuilt as about to run, and nothing more is stored yet. */
  isDoubted({ id, version }: Session): boolean {
    return this.#sessions.get(id)?.doubted === version;
  }

  isForgotten(id: string): boolean {
    return this.#forgotten.has(id);
  }

  /** Its sandbox ran for it: from now on it may not be forgotten. */
  ran(sandboxId: string, generation: number): void {
    const known = this.#sessions.get(this.#owners.get(trueSandbox(sandboxId)) ?? '');
    if (known) known.ran = generation;
  }

  /** `isMarked`: whether the sandbox of a session tells whose it is. */
  emptied(isMarked: (session: Session) => boolean): void {
    this.#contents += 1;
    for (const { session, ran } of this.#sessions.values()) {
      if (ran > 0 || isMarked(session)) continue;
      this.#forgotten.add(session.id);
      const id = sandboxIdOf(session);
      if (id !== undefined) this.#owners.delete(id);
    }
  }

  opened(session: Session): void {
    const known = this.#sessions.get(session.id);
    if (known) this.#rebuilt(known, session);
    this.#bind(session);
    this.#forgotten.delete(session.id);
    this.#sessions.set(session.id, {
      session,
      contents: this.#contents,
      lastActivityAt: 0,
      ran: known?.ran ?? 0,
      doubted: known && session.state.kind === 'resuming' ? session.version : 0,
    });
    this.#tell(session);
  }

  saved(session: Session): void {
    const known = this.#sessions.get(session.id);
    if (!known) return this.#world.fail('S6', `session ${session.id} was changed and never opened`);
    const before = known.session;
    if (session.version !== before.version + 1)
      this.#wrong('S6', session, `version ${session.version} was stored over ${before.version}`);
    this.#follows(before, session);
    this.#sameTerms(before, session);
    this.#bind(session);
    known.session = session;
    this.#tell(session);
  }

  /** Every record that the store shows passes here. */
  seen({ session, lastActivityAt }: SessionRecord): void {
    const known = this.#sessions.get(session.id);
    if (!known || known.contents !== this.#contents) return;
    if (lastActivityAt < known.lastActivityAt)
      this.#wrong(
        'S7',
        session,
        `its last activity went back from ${known.lastActivityAt} to ${lastActivityAt}`,
      );
    known.lastActivityAt = lastActivityAt;
  }

  #follows(before: Session, session: Session): void {
    const [from, to] = [before.state.kind, session.state.kind];
    if (from !== to && !followers.get(from)?.has(to)) this.#wrong('S6', session, `${to} follows ${from}`);
    const grows = from !== to && to === 'restarting' ? 1 : 0;
    if (session.generation !== before.generation + grows)
      this.#wrong(
        'S6',
        session,
        `generation ${session.generation} follows ${before.generation} with ${from} → ${to}`,
      );
  }

  #sameTerms(before: Session, session: Session): void {
    const terms = ({ policy, runtime, labels, ownerId, createdAt }: Session): string =>
      JSON.stringify([
        Object.entries(policy).sort(),
        runtime.kind,
        runtime.namespace,
        runtime.name,
        labels,
        ownerId,
        createdAt,
      ]);
    if (terms(before) !== terms(session))
      this.#wrong('S7', session, `it was opened as ${terms(before)} and is now ${terms(session)}`);
  }

  #rebuilt(known: Known, session: Session): void {
    const before = known.session;
    if (known.contents === this.#contents) return this.#wrong('S6', session, 'it was opened twice');
    this.#sameTerms(before, session);
    if (session.generation < known.ran)
      this.#wrong(
        'S6',
        session,
        `it was rebuilt with generation ${session.generation}, and ran in ${known.ran}`,
      );
    if (session.version <= before.version)
      this.#wrong(
        'S6',
        session,
        `it was rebuilt with version ${session.version}, before it had ${before.version}`,
      );
  }

  /** S1: a sandbox serves one session in its life, and a session has one sandbox. */
  #bind(session: Session): void {
    const given = sandboxIdOf(session);
    if (given === undefined) return;
    const id = trueSandbox(given);
    const owner = this.#owners.get(id);
    if (owner !== undefined && owner !== session.id)
      this.#wrong('S1', session, `its sandbox ${id} is the one of session ${owner}`);
    const earlier = this.#sessions.get(session.id)?.session;
    const had = earlier && sandboxIdOf(earlier);
    if (had !== undefined && trueSandbox(had) !== id)
      this.#wrong('S1', session, `it had sandbox ${had} and now has ${id}`);
    this.#owners.set(id, session.id);
  }

  #tell(session: Session): void {
    this.#world.note(() => `session ${session.id}: ${inWords(session)}`);
  }

  #wrong(invariant: 'S1' | 'S6' | 'S7', session: Session, what: string): void {
    this.#world.fail(invariant, `session ${session.id}: ${what}`);
  }
}
