// The connection of one program to the store, or to the node: requests and answers that are late, lost or cut off as the weather says.
// What was sent may be done although no answer comes; the program then hears STORE_UNAVAILABLE after its command timeout.
// In good weather requests of one program arrive in the order in which they were sent, as on one connection.
import { PlatformError } from '../../model/errors.ts';
import type { Random } from './random.ts';
import type { SimProcess } from './sim-process.ts';
import type { World } from './world.ts';

/** Whether the store takes connections, and which run of it: answers die with the connection. */
export interface Reachable {
  readonly up: boolean;
  readonly run: number;
}

export const commandTimeoutMs = 2_000;

/** What differs where the wire leads elsewhere than to the store. */
export interface Road {
  /** What has a weather of its own. */
  readonly place?: string;
  readonly timeoutMs?: number;
  /** What a lossy one does to a request, each as often. */
  readonly bad?: readonly Fate[];
}

const badShare = 0.3;

type Fate = 'normal' | 'unsent' | 'unanswered' | 'late' | 'slow';

const unavailable = (why: string): PlatformError =>
  new PlatformError('STORE_UNAVAILABLE', `the store cannot be reached: ${why}`);

export class Wire {
  readonly #world: World;
  readonly #process: SimProcess;
  readonly #store: Reachable;
  readonly #luck: Random;
  /** Whose weather it has: its program's, and that of what it leads to. */
  readonly #places: readonly string[];
  readonly #timeoutMs: number;
  readonly #bad: readonly Fate[];
  #lastArrival = 0;
  #lastAnswer = 0;

  constructor(world: World, process: SimProcess, store: Reachable, name: string, road: Road = {}) {
    this.#world = world;
    this.#process = process;
    this.#store = store;
    this.#luck = world.luck(`wire ${name}`);
    this.#places = road.place === undefined ? [process.name] : [process.name, road.place];
    this.#bad = road.bad ?? ['unsent', 'unanswered', 'late', 'slow'];
    this.#timeoutMs = road.timeoutMs ?? commandTimeoutMs;
  }

  /** Sends a request; `execute` is what the store does with it. Rejects with what the store answers, or STORE_UNAVAILABLE. */
  call<T>(operation: string, execute: () => Promise<T>): Promise<T> {
    this.#world.spring(this.#process.name, operation);
    return new Promise<T>((resolve, reject) => {
      const settle = new Settle(resolve, reject);
      // Whoever is frozen in the middle of a step sends when it goes on; whoever was killed never does.
      if (this.#process.frozen) this.#process.later(0, () => this.#send(operation, execute, settle));
      else if (this.#process.alive) this.#send(operation, execute, settle);
    });
  }

  #send<T>(operation: string, execute: () => Promise<T>, settle: Settle<T>): void {
    const cancel = this.#process.later(this.#timeoutMs, () => {
      this.#world.note(() => `${this.#process.name}: no answer to ${operation}`);
      settle.reject(unavailable('no answer in time'));
    });
    settle.onSettled = cancel;
    const heldMs = this.#world.takeHeld(operation);
    const fate = heldMs === undefined ? this.#fate() : 'late';
    if (fate === 'unsent') return this.#world.note(() => `${this.#process.name}: ${operation} is lost`);
    this.#world.scheduler.after(heldMs ?? this.#arrivesIn(fate), () => {
      if (!this.#store.up)
        return void this.#process.later(this.#delay(), () =>
          settle.reject(unavailable('connection refused')),
        );
      this.#execute(operation, execute, settle, fate);
    });
  }

  #execute<T>(operation: string, execute: () => Promise<T>, settle: Settle<T>, fate: Fate): void {
    const { run } = this.#store;
    const answer = (deliver: () => void): void => {
      if (fate === 'unanswered' || this.#is('cut'))
        return this.#world.note(() => `${this.#process.name}: the answer to ${operation} is lost`);
      this.#process.later(this.#answersIn(), () => {
        if (this.#store.run === run) deliver();
        else settle.reject(unavailable('the connection broke'));
      });
    };
    execute().then(
      (value) => answer(() => settle.resolve(value)),
      (fault: unknown) => answer(() => settle.reject(fault)),
    );
  }

  #fate(): Fate {
    if (this.#is('cut')) return this.#luck.chance(0.1) ? 'late' : 'unsent';
    if (this.#is('lossy') && this.#luck.chance(badShare)) return this.#luck.pick(this.#bad);
    return this.#is('slow') ? 'slow' : 'normal';
  }

  #is(weather: 'cut' | 'lossy' | 'slow'): boolean {
    return this.#places.some((place) => this.#world.is(weather, place));
  }

  /** A request in a buffer of a broken connection may be read after those of the next one. */
  #arrivesIn(fate: Fate): number {
    const { now } = this.#world;
    if (fate === 'late') return this.#luck.between(0, 3 * commandTimeoutMs);
    const delay = fate === 'slow' ? this.#luck.between(1, 900) : this.#delay();
    this.#lastArrival = Math.max(this.#lastArrival, now + delay);
    return this.#lastArrival - now;
  }

  #answersIn(): number {
    const { now } = this.#world;
    const delay = this.#is('slow') ? this.#luck.between(1, 900) : this.#delay();
    this.#lastAnswer = Math.max(this.#lastAnswer, now + delay);
    return this.#lastAnswer - now;
  }

  #delay(): number {
    return this.#luck.between(0.1, 0.8);
  }
}

/** A promise's two ends, of which the first that is used counts. */
class Settle<T> {
  readonly #resolve: (value: T) => void;
  readonly #reject: (fault: unknown) => void;
  onSettled: () => void = () => undefined;

  constructor(resolve: (value: T) => void, reject: (fault: unknown) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  resolve(value: T): void {
    this.onSettled();
    this.#resolve(value);
  }

  reject(fault: unknown): void {
    this.onSettled();
    this.#reject(fault);
  }
}
