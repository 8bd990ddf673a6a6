// What the controller hears, and what it does lest it missed something: exits, claims, changed runtimes and targets, gaps in
// the feed. A message only makes things happen sooner; whatever it would have told is found in the store by looking again.
// Does not own what is done about any of it (session-runner.ts, pools.ts, marks.ts).
import type { Cancel, Clock } from '../model/clock.ts';
import { PlatformError } from '../model/errors.ts';
import type { PoolTargets, SessionFeed } from '../model/platform.ts';
import { sandboxIdOf } from '../model/session-query.ts';
import type { SessionStore } from '../model/session-store.ts';
import { actionOf, stateKinds, type Session, type SessionEvent } from '../model/session.ts';
import type { Deployments } from './deployments.ts';
import type { Inventory, SandboxExit } from './driver.ts';
import { Marking, type MarkingDeps } from './marking.ts';
import type { Pools } from './pools.ts';
import { liveSessions } from './recovery.ts';
import type { SessionRunner } from './session-runner.ts';

export interface AttentionDeps {
  readonly store: Pick<SessionStore, 'bySandbox' | 'list' | 'get'>;
  readonly driver: Pick<Inventory, 'onExit' | 'list'>;
  readonly deployments: Pick<Deployments, 'onChange'>;
  readonly targets?: PoolTargets;
  readonly feed: SessionFeed;
  readonly runner: Pick<SessionRunner, 'apply' | 'carryOn'>;
  readonly pools: Pick<Pools, 'look' | 'lookAgain' | 'lost' | 'forget'>;
  readonly marks: MarkingDeps['marks'];
  readonly clock: Clock;
  /** How often to look again although nothing was heard (ms); never by default. */
  readonly lookAgainMs?: number;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** How soon after a claim its pool is refilled (ms): what the session does first has the machine to itself. */
const refillDelayMs = 100;
const retryMs = 500;
/** States in which a driver action is due. */
const transitional = stateKinds.filter((kind) => actionOf({ kind } as Session['state']) !== null);

const isQuiet = (fault: unknown): boolean =>
  fault instanceof PlatformError && (fault.code === 'NOT_LEADER' || fault.code === 'SANDBOX_CRASHED');

const eventOf = ({ generation, why, gone }: SandboxExit): SessionEvent =>
  gone ? { kind: 'end', reason: { kind: 'failed', why } } : { kind: 'lost', generation, why };

export class Attention {
  readonly #deps: AttentionDeps;
  readonly #marking: Marking;
  #ended = false;

  constructor(deps: AttentionDeps) {
    this.#deps = deps;
    this.#marking = new Marking(deps);
  }

  /** Listens from now on; what it answers ends that. */
  start(): readonly Cancel[] {
    const { driver, deployments, targets, feed, pools, clock, lookAgainMs } = this.#deps;
    return [
      () => (this.#ended = true),
      () => this.#marking.end(),
      driver.onExit((exit) => this.#exited(exit)),
      deployments.onChange((key) => pools.look(key)),
      feed.subscribe((session) => this.#opened(session)),
      feed.onGap(() => this.#insist('sessions under way could not be looked for', () => this.#missed())),
      ...(targets ? [targets.onChange((key) => pools.look(key))] : []),
      ...(lookAgainMs === undefined ? [] : [clock.every(lookAgainMs, () => this.#compare())]),
    ];
  }

  /** A warm sandbox is a session's now, which may have been woken already: it says so soon, and its pool is one short. */
  claimed(session: Session): void {
    const { pools, clock } = this.#deps;
    const sandboxId = sandboxIdOf(session);
    if (this.#ended || sandboxId === undefined) return;
    pools.forget(sandboxId);
    this.#marking.add(session);
    clock.after(refillDelayMs, () => pools.look(session.runtime));
  }

  #opened(session: Session): void {
    if (session.version !== 1 || this.#ended) return;
    // Whoever opened it cold may be gone, or not know that it did, and nobody else asks for its start.
    if (actionOf(session.state) !== null) this.#deps.runner.carryOn(session.id);
    else this.claimed(session);
  }

  #exited(exit: SandboxExit): void {
    this.#insist('an exit was not handled', () => this.#told(exit));
  }

  async #told(exit: SandboxExit): Promise<void> {
    const { store, runner, pools, log } = this.#deps;
    const record = await store.bySandbox(exit.id);
    if (!record) return pools.lost(exit.id);
    if (await this.#livesAgain(exit)) return;
    log('a sandbox ended', { sessionId: record.session.id, why: exit.why });
    await runner.apply(record.session.id, eventOf(exit));
  }

  /** The store was away when it ended, and its start, of which nobody had heard, was done again: the end is of its earlier life. */
  async #livesAgain({ id, generation }: SandboxExit): Promise<boolean> {
    const found = await this.#deps.driver.list();
    return found.some(
      ({ spec, state }) => spec.id === id && spec.generation === generation && state !== 'stopped',
    );
  }

  async #missed(): Promise<void> {
    const { store, runner, pools } = this.#deps;
    await pools.lookAgain();
    for (const { id } of await liveSessions(store, transitional)) runner.carryOn(id);
  }

  #compare(): void {
    this.#deps.pools.lookAgain().catch((fault: unknown) => {
      if (!this.#ended && !isQuiet(fault)) this.#deps.log('the pools could not be looked at', { fault });
    });
  }

  /** Tries until it is done: what it is about will not be told again. */
  #insist(failed: string, work: () => Promise<void>): void {
    if (this.#ended) return;
    work().catch((fault: unknown) => {
      if (this.#ended || isQuiet(fault)) return;
      this.#deps.log(`${failed}; trying again`, { fault });
      this.#deps.clock.after(retryMs, () => this.#insist(failed, work));
    });
  }
}
