// What this dispatcher has in hand: kept by renewing, let go by settling. Does not own what is tried nor what an answer means.
// E3: whatever is not surely ours any more is abandoned at once, so that it is in the hands of one at a time; a settlement
// that the store did not hear is said again for as long as the delivery is ours.
import type { Cancel, Clock } from '../../model/clock.ts';
import type { EventQueue, Outcome, Taken } from '../../model/event-queue.ts';
import type { Log } from '../lease-book.ts';

/** A delivery in hand. */
export interface Held {
  readonly taken: Taken;
  /** Aborted when it is in hand no more, although its try is not over. */
  readonly signal: AbortSignal;
}

interface InHand extends Held {
  readonly abandon: AbortController;
  until: number;
  /** The store is being told what it came to, so that it may know of it no more before its answer is here. */
  settling: boolean;
}

export interface HandsDeps {
  readonly store: Pick<EventQueue, 'renew' | 'settle'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Names this run of this program. */
  readonly holder: string;
}

/** Asked again so often while one holding lasts, so that one lost answer does no harm. */
const renewalsPerHold = 3;
/** The first and the longest wait before a settlement is said again (ms). */
const firstWaitMs = 200;
const longestWaitMs = 5_000;

export class Hands {
  readonly #deps: HandsDeps;
  readonly #holdMs: number;
  readonly #inHand = new Map<string, InHand>();
  readonly #counts = new Map<string, number>();
  #cancel: Cancel = () => {};
  #renewing = false;

  /** `holdMs`: how long a delivery is ours without renewing it. */
  constructor(deps: HandsDeps, holdMs: number) {
    this.#deps = deps;
    this.#holdMs = holdMs;
  }

  get size(): number {
    return this.#inHand.size;
  }

  /** How many of a trigger are in hand. */
  countOf(trigger: string): number {
    return this.#counts.get(trigger) ?? 0;
  }

  start(): void {
    this.#cancel = this.#deps.clock.every(this.#holdMs / renewalsPerHold, () => void this.#renew());
  }

  /** Nothing is renewed any more. */
  stop(): void {
    this.#cancel();
  }

  /** `until`: how long they are ours at first (ms since the epoch). */
  add(taken: Taken, until: number): Held {
    const abandon = new AbortController();
    const held = { taken, abandon, signal: abandon.signal, until, settling: false };
    this.#inHand.set(taken.ticket, held);
    this.#count(taken.trigger, 1);
    return held;
  }

  /** Resolves when the store knows, or when the delivery is not ours any more: then false. Never rejects. */
  async settle({ taken, signal }: Held, outcome: Outcome): Promise<boolean> {
    const { store, clock, log, holder } = this.#deps;
    for (let waitMs = firstWaitMs; !signal.aborted; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
      try {
        this.#settling(taken.ticket, true);
        const settled = await store.settle(taken.ticket, holder, outcome);
        this.#remove(taken.ticket);
        return settled;
      } catch (fault) {
        this.#settling(taken.ticket, false);
        if (waitMs === firstWaitMs) log('what a delivery came to could not be stored yet', { fault });
        await new Promise<void>((resolve) => clock.after(waitMs, resolve));
      }
    }
    return false;
  }

  /** Everything that is still in hand is abandoned and given back, due at once. Resolves when the store knows, or cannot. */
  async giveBack(): Promise<void> {
    const { store, clock, holder } = this.#deps;
    const rest = [...this.#inHand.values()];
    for (const held of rest) this.#lose(held);
    const outcome = { kind: 'untried', dueAt: clock.now() } as const;
    // What the store does not hear of is handed out again when its time is over.
    await Promise.allSettled(rest.map(({ taken }) => store.settle(taken.ticket, holder, outcome)));
  }

  async #renew(): Promise<void> {
    const { store, clock, log, holder } = this.#deps;
    this.#loseOld(clock.now());
    if (this.#renewing || this.#inHand.size === 0) return;
    this.#renewing = true;
    const asked = [...this.#inHand.values()];
    const until = clock.now() + this.#holdMs;
    try {
      const lost = new Set(
        await store.renew(
          asked.map(({ taken }) => taken.ticket),
          holder,
          until,
        ),
      );
      for (const held of asked) {
        if (!lost.has(held.taken.ticket)) held.until = until;
        else this.#loseIfHeld(held, 'somebody else has it');
      }
    } catch (fault) {
      log('deliveries in hand could not be renewed', { fault, inHand: asked.length });
    } finally {
      this.#renewing = false;
    }
  }

  #loseOld(now: number): void {
    for (const held of [...this.#inHand.values()])
      if (held.until <= now) this.#loseIfHeld(held, 'it was not renewed in time');
  }

  #loseIfHeld(held: InHand, why: string): void {
    // What was settled meanwhile is unknown to the store for a good reason.
    if (this.#inHand.get(held.taken.ticket) !== held || held.settling) return;
    const { trigger, source, id } = held.taken;
    this.#deps.log('a delivery was lost while it was in hand; it is handed out again', {
      trigger,
      source,
      id,
      why,
    });
    this.#lose(held);
  }

  #settling(ticket: string, is: boolean): void {
    const held = this.#inHand.get(ticket);
    if (held) held.settling = is;
  }

  #lose(held: InHand): void {
    this.#remove(held.taken.ticket);
    held.abandon.abort();
  }

  #remove(ticket: string): void {
    const held = this.#inHand.get(ticket);
    if (!held) return;
    this.#inHand.delete(ticket);
    this.#count(held.taken.trigger, -1);
  }

  #count(trigger: string, by: 1 | -1): void {
    const count = this.countOf(trigger) + by;
    if (count === 0) this.#counts.delete(trigger);
    else this.#counts.set(trigger, count);
  }
}
