// What is told of tries of deliveries to whoever watches them, over all programs, and the ports that carry it. JSON.
// Does not own tries. Messages may be lost, and nothing is told while nobody watches: this is for people who look, not for counting.
import type { Cancel } from './clock.ts';

/** One try of one delivery. */
export interface ToldTry {
  /** When it ended (ms since the epoch). */
  readonly at: number;
  /** Which program tried. */
  readonly by: string;
  /** triggerKeyText. */
  readonly trigger: string;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  /** How many tries there were before. */
  readonly tries: number;
  readonly hops: number;
  /** Absent when none was found or made. */
  readonly sessionId?: string;
  /** `again`: it is tried again; `untried`: nothing was sent, for there was no room. */
  readonly result: 'delivered' | 'again' | 'untried' | 'givenUp';
  /** What was answered; 0 when nothing was. */
  readonly status: number;
  /** Why it was not delivered. */
  readonly reason?: string;
  /** How long the try took (ms). */
  readonly tookMs: number;
}

/** For who tries. */
export interface DeliveryTelling {
  /** Whether anybody watches, as far as is known here. */
  watched(): boolean;
  /** Returns at once and never throws. */
  tell(told: ToldTry): void;
}

/** For who watches. */
export interface DeliveryFeed {
  /** Told of each try, of every namespace, until it is cancelled. */
  watch(listener: (told: ToldTry) => void): Cancel;
}
