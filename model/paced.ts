// Work that is asked for often and done seldom: one run at a time, a pause between two, and again after one that failed.
// Does not own what is done. What is asked for while a run is under way is done by the next one.
import type { Cancel, Clock } from './clock.ts';

export interface PacedDeps {
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  /** Least time from the beginning of one run to that of the next (ms). */
  readonly everyMs: number;
  /** How soon a run that failed is made up for (ms). */
  readonly againMs: number;
  readonly work: () => Promise<void>;
  readonly onFault: (fault: unknown) => void;
}

export class Paced {
  readonly #deps: PacedDeps;
  #begunAt = -Infinity;
  #dueAt = Infinity;
  #cancel: Cancel = () => undefined;
  #running: Promise<void> | undefined;
  /** When the next run is wanted that was asked for while one is under way. */
  #wantedAt = Infinity;
  #stopped = false;

  constructor(deps: PacedDeps) {
    this.#deps = deps;
  }

  /** Asks for a run, in `inMs` or when the pause is over. Returns at once; asking often costs little. */
  ask(inMs = 0): void {
    if (this.#stopped) return;
    const at = this.#deps.clock.monotonic() + inMs;
    if (this.#running) this.#wantedAt = Math.min(this.#wantedAt, at);
    else this.#plan(at);
  }

  /** Runs once more, after what is under way, and then never again. Never rejects. */
  async finish(): Promise<void> {
    this.stop();
    await this.#running;
    await this.#deps.work().catch((fault: unknown) => this.#deps.onFault(fault));
  }

  /** Begins no run any more. */
  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #plan(wantedAt: number): void {
    const { clock, everyMs } = this.#deps;
    const at = Math.max(wantedAt, this.#begunAt + everyMs);
    if (this.#stopped || at >= this.#dueAt) return;
    this.#cancel();
    this.#dueAt = at;
    this.#cancel = clock.after(Math.max(0, at - clock.monotonic()), () => this.#run());
  }

  #run(): void {
    this.#dueAt = Infinity;
    this.#begunAt = this.#deps.clock.monotonic();
    this.#running = this.#work();
  }

  async #work(): Promise<void> {
    const { clock, work, onFault, againMs } = this.#deps;
    try {
      await work();
    } catch (fault) {
      this.#wantedAt = Math.min(this.#wantedAt, clock.monotonic() + againMs);
      if (!this.#stopped) onFault(fault);
    }
    this.#running = undefined;
    const wantedAt = this.#wantedAt;
    this.#wantedAt = Infinity;
    if (wantedAt < Infinity) this.#plan(wantedAt);
  }
}
