// One demonstration: sessions are opened by plan and ended soon after, and the pool is looked at four times a second, until it is
// empty again. Does not own what is printed or drawn of it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolNow, There } from './there.ts';

/** What was seen in a quarter of a second. */
export interface Sample extends PoolNow {
  /** Since the beginning (s). */
  readonly at: number;
  /** New sessions that came since the sample before; those of them that started cold, and those that failed. */
  readonly opened: number;
  readonly cold: number;
  readonly failed: number;
}

export interface RunOptions {
  readonly there: Pick<There, 'open' | 'end' | 'pool'>;
  /** When sessions are opened (s). */
  readonly moments: readonly number[];
  /** How long a session is used (ms). */
  readonly holdMs: number;
  /** How long after the last session the pool may take to be empty (s). */
  readonly patience: number;
  readonly signal: AbortSignal;
  readonly onSample: (sample: Sample) => void;
  /** Told of a session that could not be opened or ended. */
  readonly onFault: (fault: unknown) => void;
}

const sampleMs = 250;
/** The pool has to be empty for so long (s) to count as that. */
const emptyFor = 3;

interface Arrival {
  readonly at: number;
  how?: string;
}

export class Run {
  readonly samples: Sample[] = [];
  /** How long each session waited for its sandbox (ms). */
  readonly waits: number[] = [];
  readonly #options: RunOptions;
  readonly #arrivals: Arrival[] = [];
  readonly #held = new Set<Promise<void>>();
  readonly #begin = performance.now();

  constructor(options: RunOptions) {
    this.#options = options;
  }

  /** Resolves when the load is over and the pool empty, or patience at an end, or the signal came; every session has ended then. */
  async untilQuiet(): Promise<void> {
    const watching = this.#watch();
    await Promise.all([this.#load().catch(ignoreAbort), watching.catch(ignoreAbort)]);
    await Promise.all(this.#held);
    this.#settle();
  }

  get #now(): number {
    return (performance.now() - this.#begin) / 1_000;
  }

  async #load(): Promise<void> {
    const { moments, signal } = this.#options;
    for (const moment of moments) {
      await sleep(Math.max(0, (moment - this.#now) * 1_000), undefined, { signal });
      const held = this.#session().finally(() => this.#held.delete(held));
      this.#held.add(held);
    }
  }

  async #session(): Promise<void> {
    const { there, holdMs, signal, onFault } = this.#options;
    const arrival: Arrival = { at: this.#now };
    this.#arrivals.push(arrival);
    try {
      const { sessionId, how, waitedMs } = await there.open();
      arrival.how = how;
      this.waits.push(waitedMs);
      await sleep(holdMs, undefined, { signal }).catch(ignoreAbort);
      await there.end(sessionId);
    } catch (fault) {
      arrival.how ??= 'failed';
      onFault(fault);
    }
  }

  async #watch(): Promise<void> {
    const { there, moments, patience, signal, onSample } = this.#options;
    const last = moments.at(-1) ?? 0;
    for (let empty = 0; this.#now < last + patience;) {
      const pool = await there.pool();
      const at = this.#now;
      if (pool) {
        const sample = { ...pool, ...this.#since(at), at };
        this.samples.push(sample);
        onSample(sample);
      }
      const isEmpty = at > last && pool?.target === 0 && pool.ready + pool.starting === 0;
      empty = isEmpty ? empty + sampleMs / 1_000 : 0;
      if (empty > emptyFor) return;
      await sleep(sampleMs, undefined, { signal });
    }
  }

  /** Sessions that came between the sample before and `at`. */
  #since(at: number): Pick<Sample, 'opened' | 'cold' | 'failed'> {
    const before = this.samples.at(-1)?.at ?? -1;
    const came = this.#arrivals.filter((one) => one.at > before && one.at <= at);
    const those = (how: string): number => came.filter((one) => one.how === how).length;
    return { opened: came.length, cold: those('cold'), failed: those('failed') };
  }

  /** How a session came to its sandbox is known only after it did: counts again in the end. */
  #settle(): void {
    const samples = this.samples.splice(0);
    for (const sample of samples) this.samples.push({ ...sample, ...this.#since(sample.at) });
  }
}

function ignoreAbort(fault: unknown): void {
  if ((fault as Error).name !== 'AbortError') throw fault;
}
