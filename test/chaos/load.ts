// Clients that open sessions, work in them, let them sleep, pause and end them, at random by a seed.
// What a client would try again is an operation of its own.
import { setTimeout as sleep } from 'node:timers/promises';
import { diceFrom, type Dice } from '../support/crowd.ts';
import type { Client, Door, Held } from './client.ts';

export interface LoadOptions {
  readonly client: Client;
  readonly seed: number;
  readonly workers: number;
  readonly sessionsPerWorker: number;
  /** Names of deployed runtimes. */
  readonly runtimes: readonly string[];
  readonly activators: readonly Door[];
  readonly controllers: readonly Door[];
}

const slowMs = { least: 200, most: 3_500 };
const restMs = { least: 1_500, most: 5_000 };
const betweenMs = { least: 20, most: 500 };
const burst = 4;

class Worker {
  readonly #options: LoadOptions;
  readonly #dice: Dice;
  readonly held: Held[] = [];

  constructor(options: LoadOptions, dice: Dice) {
    this.#options = options;
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
    const { client, activators, controllers } = this.#options;
    const use = (): Promise<unknown> => client.use(held, dice.pick(activators));
    const chance = dice.roll(1, 100);
    if (chance <= 50) await use();
    else if (chance <= 65)
      await client.slow(held, dice.pick(activators), dice.roll(slowMs.least, slowMs.most));
    else if (chance <= 75) await Promise.all(Array.from({ length: burst }, use));
    else if (chance <= 83) await client.pause(held, dice.pick(controllers));
    else if (chance <= 86) await this.#delete(held);
    else await sleep(dice.roll(restMs.least, restMs.most));
  }

  async #open(): Promise<void> {
    const { client, activators, runtimes } = this.#options;
    const { held } = await client.open(this.#dice.pick(runtimes), this.#dice.pick(activators));
    if (held) this.held.push(held);
  }

  /** Whatever the answer, its client uses it no more. */
  async #delete(held: Held): Promise<void> {
    this.held.splice(this.held.indexOf(held), 1);
    await this.#options.client.delete(held, this.#dice.pick(this.#options.controllers));
  }
}

export interface Load {
  /** Ends all workers; resolves with the sessions that clients hold when their last operations are over. */
  stop(): Promise<readonly Held[]>;
  /** The sessions that clients hold now. */
  held(): readonly Held[];
}

/** Begins at once. */
export function startLoad(options: LoadOptions): Load {
  const workers = Array.from(
    { length: options.workers },
    (_, index) => new Worker(options, diceFrom(options.seed * 1_000 + index)),
  );
  let working = true;
  const run = async (worker: Worker): Promise<void> => {
    while (working) await worker.turn();
  };
  const all = Promise.all(workers.map(run));
  const held = (): readonly Held[] => workers.flatMap((worker) => worker.held);
  return {
    held,
    stop: async () => {
      working = false;
      await all;
      return held();
    },
  };
}
