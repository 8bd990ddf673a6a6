// Hands events to their triggers' targets: takes what there is room for, tries each once, and settles what that came to.
// Does not own how a target is reached (`deliver`), the table of retries (core/delivery-verdict.ts), nor the queue. E1: a
// delivery is settled only when its answer, its reply included, is dealt with. Each trigger has places that no other can take,
// so a target that is slow or dead holds up nobody else.
import type { Cancel, Clock } from '../../model/clock.ts';
import { triggerKeyText, type DeployedTrigger, type Triggers } from '../../model/deployed-trigger.ts';
import type { EventQueue, Outcome, Taken } from '../../model/event-queue.ts';
import type { Ids } from '../../model/open-session.ts';
import type { Log } from '../lease-book.ts';
import { sharesOf, type Room } from './core/delivery-shares.ts';
import { verdictOf, type Answer, type Verdict } from './core/delivery-verdict.ts';
import { DeadLetterSinks, type Deliver, type PostEvent } from './dead-letters.ts';
import { Hands, type Held } from './hands.ts';
import type { EventIngress } from './ingress.ts';
import { Replies } from './replies.ts';

/** One try, for whoever watches. */
export interface Tried {
  readonly taken: Taken;
  readonly answer: Answer;
  readonly verdict: Verdict['kind'];
  /** How long the try took (ms). */
  readonly tookMs: number;
}

export interface DispatcherDeps {
  readonly store: Pick<EventQueue, 'take' | 'renew' | 'settle' | 'onAppended'>;
  readonly triggers: Triggers;
  readonly deliver: Deliver;
  readonly ingress: Pick<EventIngress, 'accept'>;
  readonly post: PostEvent;
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'uuid'>;
  /** From 0 up to 1, another each time. */
  readonly chance: () => number;
  readonly log: Log;
  /** Told of each try. */
  readonly onTried?: (tried: Tried) => void;
}

export interface DispatcherLimits {
  /** Deliveries in hand at once, of all triggers; each trigger has `each` places beside. */
  readonly room: Room;
  /** How many replies may follow one another. */
  readonly mostHops: number;
  /** How long what is in hand stays so when this program dies (ms). */
  readonly holdMs: number;
}

/** Messages may be lost and times come unheard: so often it is looked whether something is due (ms). */
const pollMs = 1_000;
const drainLookMs = 20;

export class Dispatcher {
  readonly #deps: DispatcherDeps;
  readonly #limits: DispatcherLimits;
  readonly #holder: string;
  readonly #hands: Hands;
  readonly #replies: Replies;
  readonly #sinks: DeadLetterSinks;
  /** Triggers for which something may be due. */
  readonly #due = new Set<string>();
  #stops: Cancel[] = [];
  #taking = false;
  #running = false;
  #away = false;

  constructor(deps: DispatcherDeps, limits: DispatcherLimits) {
    this.#deps = deps;
    this.#limits = limits;
    this.#holder = deps.ids.uuid();
    this.#hands = new Hands({ ...deps, holder: this.#holder }, limits.holdMs);
    this.#replies = new Replies({ ...deps, mostHops: limits.mostHops });
    this.#sinks = new DeadLetterSinks(deps);
  }

  /** Deliveries in hand. */
  get inHand(): number {
    return this.#hands.size;
  }

  start(): void {
    const { store, triggers, clock } = this.#deps;
    this.#running = true;
    this.#hands.start();
    this.#stops = [
      store.onAppended((trigger) => this.#mayBeDue(trigger)),
      triggers.onRead(() => this.#look()),
      clock.every(pollMs, () => this.#look()),
    ];
    this.#look();
  }

  /** Takes nothing more, waits at most so long (ms) for what is in hand, and gives the rest back as not tried. Never rejects. */
  async stop(deadlineMs: number): Promise<void> {
    const { clock } = this.#deps;
    this.#running = false;
    for (const stop of this.#stops.splice(0)) stop();
    const end = clock.monotonic() + deadlineMs;
    while ((this.#hands.size > 0 || this.#taking) && clock.monotonic() < end)
      await new Promise<void>((resolve) => clock.after(drainLookMs, resolve));
    this.#hands.stop();
    await this.#hands.giveBack();
  }

  /** Anything may be due. */
  #look(): void {
    for (const { key } of this.#deps.triggers.all()) this.#due.add(triggerKeyText(key));
    this.#pump();
  }

  #mayBeDue(trigger: string): void {
    this.#due.add(trigger);
    this.#pump();
  }

  #pump(): void {
    if (this.#taking || !this.#running) return;
    this.#taking = true;
    void this.#takeAll().finally(() => {
      this.#taking = false;
      // Somebody was told of after the last look; while the store is away it is looked again with the next poll.
      if (!this.#away && this.#wants().size > 0) this.#pump();
    });
  }

  /** Until nothing is due, or there is no room. */
  async #takeAll(): Promise<void> {
    // Whatever else comes in this turn is asked for in the same question.
    await Promise.resolve();
    for (let wants = this.#wants(); wants.size > 0 && this.#running; wants = this.#wants()) {
      const taken = await this.#take(wants);
      if (taken === undefined) return;
    }
  }

  #wants(): ReadonlyMap<string, number> {
    const shares = [...this.#due].flatMap((trigger) => {
      const deployed = this.#find(trigger);
      if (deployed) return [{ trigger, inHand: this.#hands.countOf(trigger), ...deployed.delivery }];
      this.#due.delete(trigger);
      return [];
    });
    const { most, each } = this.#limits.room;
    const others = this.#hands.size - shares.reduce((sum, { inHand }) => sum + inHand, 0);
    return sharesOf(shares, { most: most - others, each });
  }

  /** Undefined when the store does not answer. */
  async #take(wants: ReadonlyMap<string, number>): Promise<readonly Taken[] | undefined> {
    const { store, clock, log } = this.#deps;
    const now = clock.now();
    const until = now + this.#limits.holdMs;
    // Whoever is told of meanwhile is due again.
    for (const trigger of wants.keys()) this.#due.delete(trigger);
    try {
      const taken = await store.take({ holder: this.#holder, now, until, wants });
      this.#away = false;
      this.#stayDue(wants, taken);
      for (const one of taken) void this.#begin(this.#hands.add(one, until));
      return taken;
    } catch (fault) {
      if (!this.#away) log('no event can be taken from the queue', { fault });
      this.#away = true;
      for (const trigger of wants.keys()) this.#due.add(trigger);
      return undefined;
    }
  }

  /** Of whom as many came as were wanted, more may be due. */
  #stayDue(wants: ReadonlyMap<string, number>, taken: readonly Taken[]): void {
    const came = new Map<string, number>();
    for (const { trigger } of taken) came.set(trigger, (came.get(trigger) ?? 0) + 1);
    for (const [trigger, count] of wants) if ((came.get(trigger) ?? 0) >= count) this.#due.add(trigger);
  }

  /** What comes when this stops already goes back. */
  #begin(held: Held): Promise<unknown> {
    if (this.#running) return this.#handle(held);
    return this.#hands.settle(held, { kind: 'untried', dueAt: this.#deps.clock.now() });
  }

  async #handle(held: Held): Promise<void> {
    const { taken } = held;
    const outcome = await this.#try(held).catch((fault: unknown) => this.#broken(taken, fault));
    if (outcome) await this.#hands.settle(held, outcome);
    // The next of its lane may be due now.
    this.#mayBeDue(taken.trigger);
  }

  /** A fault of ours: neither lost nor tried over and over at once. */
  #broken({ trigger, source, id }: Taken, fault: unknown): Outcome {
    this.#deps.log('a delivery failed unexpectedly', { trigger, source, id, fault });
    return { kind: 'untried', dueAt: this.#deps.clock.now() + this.#limits.holdMs };
  }

  /** Undefined when the delivery is not in hand any more. */
  async #try({ taken, signal }: Held): Promise<Outcome | undefined> {
    const { deliver, clock, chance, onTried } = this.#deps;
    const trigger = this.#find(taken.trigger);
    // It is gone: its deliveries are expired by whoever looks after them.
    if (!trigger) return { kind: 'untried', dueAt: clock.now() + pollMs };
    const since = clock.monotonic();
    const first = await deliver(taken, trigger, signal);
    const ok = first.kind === 'answered' && first.status >= 200 && first.status < 300;
    const answer = ok ? await this.#replies.settle(first, taken, trigger, signal) : first;
    if (signal.aborted) return undefined;
    const moment = { now: clock.now(), chance: chance() };
    const verdict = verdictOf(answer, taken, trigger.delivery, moment);
    onTried?.({ taken, answer, verdict: verdict.kind, tookMs: clock.monotonic() - since });
    return this.#outcome(verdict, taken, trigger, signal);
  }

  async #outcome(
    verdict: Verdict,
    taken: Taken,
    trigger: DeployedTrigger,
    signal: AbortSignal,
  ): Promise<Outcome> {
    if (verdict.kind !== 'givenUp') return verdict;
    const error = await this.#sinks.send(taken, trigger, verdict.error, signal);
    return error === undefined ? { kind: 'done' } : { kind: 'buried', error, at: this.#deps.clock.now() };
  }

  #find(trigger: string): DeployedTrigger | undefined {
    const [namespace = '', name = ''] = trigger.split('/');
    return this.#deps.triggers.find({ namespace, name });
  }
}
