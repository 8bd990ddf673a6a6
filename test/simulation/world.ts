// What everything in one simulation shares: time, luck, the weather on the wires, and what was found to be wrong.
import { Random } from './random.ts';
import { Scheduler } from './scheduler.ts';
import type { Mutant } from './mutants.ts';

export type Invariant = 'S1' | 'S2' | 'S3' | 'S4' | 'S5' | 'S6' | 'S7' | 'answers' | 'fault';

export interface Violation {
  readonly invariant: Invariant;
  readonly what: string;
  /** Virtual milliseconds since the beginning. */
  readonly at: number;
}

/**
 * What may be wrong between a program and the store. `cut`: nothing passes. `lossy`: requests, answers and messages are lost,
 * late, doubled and out of order. `slow`: all of it takes long. `deaf`: messages are lost, and the program is told so
 * afterwards. `hush`: messages are lost and it is not told.
 */
export type Weather = 'cut' | 'lossy' | 'slow' | 'deaf' | 'hush';

/** What has a weather of its own besides programs: it is `cut`, `lossy` or `slow` for all of them. */
export const theNode = 'node';

/** Waits for a program's next call of that name, and then strikes. */
export interface Trap {
  readonly process: string;
  readonly operation: string;
  readonly strike: () => void;
}

const epochMs = 1_000_000;

export class World {
  readonly seed: number;
  readonly scheduler = new Scheduler(epochMs);
  readonly mutant: Mutant | undefined;
  violation: Violation | undefined;
  /** What happened, in words; kept only when somebody will read it. */
  readonly history: string[] | undefined;
  readonly #weather = new Map<string, number>();
  readonly #traps = new Set<Trap>();
  readonly #held = new Map<string, number>();

  constructor(
    seed: number,
    options: { readonly mutant?: Mutant | undefined; readonly keepHistory?: boolean },
  ) {
    this.seed = seed;
    this.mutant = options.mutant;
    this.history = options.keepHistory === true ? [] : undefined;
  }

  get now(): number {
    return this.scheduler.now;
  }

  /** A stream of luck of its own. */
  luck(name: string): Random {
    return new Random(`${this.seed} ${name}`);
  }

  note(text: () => string): void {
    this.history?.push(`${(this.now - epochMs).toFixed(1).padStart(9)}  ${text()}`);
  }

  /** The first violation is the one that counts. */
  fail(invariant: Invariant, what: string): void {
    this.note(() => `VIOLATION of ${invariant}: ${what}`);
    this.violation ??= { invariant, what, at: this.now - epochMs };
  }

  is(weather: Weather, process: string): boolean {
    return (this.#weather.get(`${weather} ${process}`) ?? 0) > 0;
  }

  change(weather: Weather, process: string, by: 1 | -1): void {
    const key = `${weather} ${process}`;
    this.#weather.set(key, (this.#weather.get(key) ?? 0) + by);
  }

  lay(trap: Trap): void {
    this.#traps.add(trap);
  }

  /** To be called before a program's request leaves it. */
  spring(process: string, operation: string): void {
    if (this.#traps.size === 0) return;
    for (const trap of [...this.#traps]) {
      if (trap.process !== process || trap.operation !== operation) continue;
      this.#traps.delete(trap);
      trap.strike();
    }
  }

  /** The next request of that name, whoever sends it, arrives so late (ms). */
  hold(operation: string, forMs: number): void {
    this.#held.set(operation, forMs);
  }

  /** How late this request is to arrive (ms), if it is held. */
  takeHeld(operation: string): number | undefined {
    const forMs = this.#held.get(operation);
    if (forMs !== undefined) this.#held.delete(operation);
    return forMs;
  }

  disarm(): void {
    this.#traps.clear();
    this.#held.clear();
  }
}
