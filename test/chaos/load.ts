// Clients that open sessions, work in them, let them sleep, pause and end them, at random by a seed, and write down every operation.
// Each operation is sent once: what a client would try again is an operation of its own.
import { setTimeout as sleep } from 'node:timers/promises';
import { diceFrom, type Dice } from '../support/crowd.ts';
import type { History, OperationKind, Result } from './history.ts';
import { ask, type Asked } from './request.ts';

/** A program as clients know it. */
export interface Door {
  readonly name: string;
  readonly url: string;
}

export interface LoadOptions {
  readonly history: History;
  readonly seed: number;
  readonly workers: number;
  readonly sessionsPerWorker: number;
  /** Names of deployed runtimes. */
  readonly runtimes: readonly string[];
  readonly activators: readonly Door[];
  readonly controllers: readonly Door[];
  /** How long a client waits for an answer (ms): longer than any program may take. */
  readonly patienceMs: number;
}

/** A session as its client knows it. */
export interface Held {
  readonly label: string;
  readonly runtime: string;
  readonly id: string;
}

export const invocation = (door: Door, runtime: string, path: string): string =>
  `${door.url}/v1/namespaces/default/agent-runtimes/${runtime}/invocations${path}`;

const slowMs = { least: 200, most: 3_500 };
const restMs = { least: 1_500, most: 5_000 };
const betweenMs = { least: 20, most: 500 };
const burst = 4;

/** Counts over all workers, so that no two operations or sessions have one name. */
class Names {
  #count = 0;

  next(prefix: string): string {
    this.#count += 1;
    return `${prefix}${this.#count}`;
  }
}

class Worker {
  readonly #options: LoadOptions;
  readonly #names: Names;
  readonly #dice: Dice;
  readonly held: Held[] = [];

  constructor(options: LoadOptions, names: Names, dice: Dice) {
    this.#options = options;
    this.#names = names;
    this.#dice = dice;
  }

  async turn(): Promise<void> {
    const few = this.held.length < this.#options.sessionsPerWorker;
    if (this.held.length === 0 || (few && this.#dice.roll(0, 5) === 0)) await this.#open();
    else await this.#act(this.#dice.pick(this.held));
    await sleep(this.#dice.roll(betweenMs.least, betweenMs.most));
  }

  async #act(held: Held): Promise<void> {
    const dice = this.#dice;
    const chance = dice.roll(1, 100);
    if (chance <= 50) await this.#use(held);
    else if (chance <= 65) await this.#slow(held);
    else if (chance <= 75) await Promise.all(Array.from({ length: burst }, () => this.#use(held)));
    else if (chance <= 83) await this.#command('pause', held);
    else if (chance <= 86) await this.#delete(held);
    else await sleep(dice.roll(restMs.least, restMs.most));
  }

  async #open(): Promise<void> {
    const { activators, runtimes } = this.#options;
    const label = this.#names.next('c');
    const runtime = this.#dice.pick(runtimes);
    const door = this.#dice.pick(activators);
    const result = await this.#work('open', { label, runtime }, door, '/use?');
    const id = 'sessionId' in result ? result.sessionId : undefined;
    if (id !== undefined) this.held.push({ label, runtime, id });
  }

  #use(held: Held): Promise<Result> {
    return this.#work('use', held, this.#dice.pick(this.#options.activators), '/use?');
  }

  #slow(held: Held): Promise<Result> {
    const ms = this.#dice.roll(slowMs.least, slowMs.most);
    return this.#work('slow', held, this.#dice.pick(this.#options.activators), `/slow?ms=${ms}&`);
  }

  /** Something that the sandbox counts. */
  #work(
    kind: OperationKind,
    whose: Omit<Held, 'id'> & { readonly id?: string },
    door: Door,
    path: string,
  ): Promise<Result> {
    const op = this.#names.next('op');
    const url = invocation(door, whose.runtime, `${path}op=${op}&label=${whose.label}`);
    const session = whose.id === undefined ? {} : { session: whose.id };
    return this.#send({ op, kind, label: whose.label, door }, { method: 'POST', url, ...session });
  }

  #command(kind: 'pause' | 'delete', { label, id }: Held): Promise<Result> {
    const door = this.#dice.pick(this.#options.controllers);
    const url = `${door.url}/v1/sessions/${id}${kind === 'pause' ? '/pause' : ''}`;
    const method = kind === 'pause' ? 'POST' : 'DELETE';
    return this.#send({ op: this.#names.next('op'), kind, label, door, id }, { method, url });
  }

  /** Whatever the answer, its client uses it no more. */
  async #delete(held: Held): Promise<void> {
    this.held.splice(this.held.indexOf(held), 1);
    await this.#command('delete', held);
  }

  async #send(
    {
      door,
      ...operation
    }: {
      readonly op: string;
      readonly kind: OperationKind;
      readonly label: string;
      readonly door: Door;
      readonly id?: string;
    },
    asked: Omit<Asked, 'patienceMs'>,
  ): Promise<Result> {
    const { history, patienceMs } = this.#options;
    const { session } = asked;
    history.write({
      t: 'begin',
      through: door.name,
      ...operation,
      ...(session !== undefined && { id: session }),
    });
    const wants = operation.kind === 'pause' || operation.kind === 'delete' ? 'nothing' : 'reading';
    const { result } = await ask({ ...asked, patienceMs }, wants);
    history.write({ t: 'end', op: operation.op, result });
    return result;
  }
}

export interface Load {
  /** Ends all workers; resolves with the sessions that clients hold when their last operations are over. */
  stop(): Promise<readonly Held[]>;
}

/** Begins at once. */
export function startLoad(options: LoadOptions): Load {
  const names = new Names();
  const workers = Array.from(
    { length: options.workers },
    (_, index) => new Worker(options, names, diceFrom(options.seed * 1_000 + index)),
  );
  let working = true;
  const run = async (worker: Worker): Promise<void> => {
    while (working) await worker.turn();
  };
  const all = Promise.all(workers.map(run));
  return {
    stop: async () => {
      working = false;
      await all;
      return workers.flatMap(({ held }) => held);
    },
  };
}
