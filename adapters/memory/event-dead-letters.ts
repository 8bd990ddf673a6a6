// Dead letters in memory. Does not own the queue that they come from and go back to.
import type { DeadLetter, DeadLetterQuery, DeadLetters, NewDelivery } from '../../model/event-queue.ts';
import { namespaceIn, sizeOf } from '../../model/event-size.ts';
import type { Graves, Waiting } from './event-queue.ts';

/** Puts a delivery back into the queue. */
export type Revive = (delivery: NewDelivery, now: number) => void;

export class MemoryDeadLetters implements DeadLetters, Graves {
  /** By deadId, in the order of burial. */
  readonly #letters = new Map<string, DeadLetter>();
  readonly #revive: Revive;
  #numbers = 0;

  constructor(revive: Revive) {
    this.#revive = revive;
  }

  bury({ delivery, at, tries }: Waiting, error: DeadLetter['error'], buriedAt: number): void {
    const { dropRepeatsWithinMs: _, ...rest } = delivery;
    const deadId = String((this.#numbers += 1));
    this.#letters.set(deadId, { ...rest, deadId, tries, error, buriedAt, at });
  }

  countOf(trigger: string): number {
    return this.#of(trigger).length;
  }

  bytes(): number {
    return [...this.#letters.values()].reduce((sum, { event }) => sum + sizeOf(event), 0);
  }

  triggers(): Iterable<string> {
    return new Set([...this.#letters.values()].map(({ trigger }) => trigger));
  }

  async dead({ namespace, trigger, limit, after }: DeadLetterQuery): Promise<readonly DeadLetter[]> {
    return [...this.#letters.values()]
      .filter((letter) => namespaceIn(letter.trigger) === namespace)
      .filter((letter) => trigger === undefined || letter.trigger === trigger)
      .filter(({ deadId }) => after === undefined || Number(deadId) > Number(after))
      .slice(0, Math.max(0, limit));
  }

  async deadOne(deadId: string): Promise<DeadLetter | undefined> {
    return this.#letters.get(deadId);
  }

  async replay(deadIds: readonly string[], now: number): Promise<number> {
    return this.#takeOut(deadIds, ({ trigger, source, id, type, event, hops, lane }) =>
      this.#revive({ trigger, source, id, type, event, hops, ...(lane !== undefined && { lane }) }, now),
    );
  }

  async drop(deadIds: readonly string[]): Promise<number> {
    return this.#takeOut(deadIds, () => undefined);
  }

  async ageOut(before: number, most: number): Promise<ReadonlyMap<string, number>> {
    const gone = new Map<string, number>();
    for (const trigger of this.triggers()) {
      const letters = this.#of(trigger);
      const old = letters.filter(({ buriedAt }, at) => buriedAt < before || at < letters.length - most);
      for (const { deadId } of old) this.#letters.delete(deadId);
      if (old.length > 0) gone.set(trigger, old.length);
    }
    return gone;
  }

  #of(trigger: string): DeadLetter[] {
    return [...this.#letters.values()].filter((letter) => letter.trigger === trigger);
  }

  #takeOut(deadIds: readonly string[], then: (letter: DeadLetter) => void): number {
    const found = [...new Set(deadIds)].flatMap((deadId) => this.#letters.get(deadId) ?? []);
    for (const letter of found) {
      this.#letters.delete(letter.deadId);
      then(letter);
    }
    return found.length;
  }
}
