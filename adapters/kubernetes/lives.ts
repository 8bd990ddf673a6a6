// Which run of each sandbox is alive, as it was verified, and which are over. Owns telling ends that nobody asked for, once each.
// Does not own what is done about them. Invariant (B4): an end is told with the generation of the run that ended, and that run is
// never again taken for a live one.
import type { SandboxExit } from '../../controller/driver.ts';
import type { Cancel } from '../../model/clock.ts';
import { endOfRun, runOf, type Pod } from './pod-state.ts';
import type { SandboxBook } from './sandbox-book.ts';

type Book = Pick<SandboxBook, 'get' | 'onChange'>;

interface Live {
  readonly run: string;
  readonly generation: number;
}

export class Lives {
  readonly #book: Book;
  readonly #live = new Map<string, Live>();
  /** Runs that have ended, of sandboxes that may be started again. */
  readonly #over = new Map<string, string>();
  readonly #listeners = new Set<(exit: SandboxExit) => void>();
  readonly #stop: Cancel;

  constructor(book: Book) {
    this.#book = book;
    this.#stop = book.onChange((id) => this.#look(id));
  }

  /** The run that is alive. */
  run(id: string): string | undefined {
    return this.#live.get(id)?.run;
  }

  /** The last run, when it has ended and none was verified since. */
  over(id: string): string | undefined {
    return this.#over.get(id);
  }

  /** From now on its end is told. */
  verified(id: string, pod: Pod, generation: number): void {
    this.#over.delete(id);
    this.#live.set(id, { run: runOf(pod), generation });
    // It may have ended between the look and now.
    this.#look(id);
  }

  /** Its end was asked for, or is known already: `run` is over and nobody is told. */
  ended(id: string, run: string | undefined): void {
    this.#live.delete(id);
    if (run !== undefined) this.#over.set(id, run);
  }

  /** Somebody who was there says that this run has ended; told unless it is known. */
  endedSo(id: string, run: string, why: string): void {
    const live = this.#live.get(id);
    if (live?.run === run) this.#tell(id, live, { why });
  }

  forget(id: string): void {
    this.#live.delete(id);
    this.#over.delete(id);
  }

  onExit(listener: (exit: SandboxExit) => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    this.#stop();
    this.#listeners.clear();
  }

  #look(id: string): void {
    const live = this.#live.get(id);
    if (!live) return;
    const { object, pod } = this.#book.get(id);
    const why = object ? endOfRun(live.run, pod) : 'its Sandbox was deleted';
    if (why !== undefined) this.#tell(id, live, { why, ...(!object && { gone: true as const }) });
  }

  #tell(id: string, { run, generation }: Live, what: Pick<SandboxExit, 'why' | 'gone'>): void {
    this.ended(id, run);
    for (const listener of this.#listeners) listener({ id, generation, ...what });
  }
}
