// Runs many seeds of the simulation on all processors, and explains the first that fails.
// Each seed is one whole run; workers take a few at a time. Ends with 1 when an invariant broke, or a planted bug was not found.
import os from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { runBatch, type Batch, type BatchResult } from './batch.ts';
import { mutantNames, mutants, type Mutant } from './mutants.ts';
import { failureText } from './report.ts';
import { shortestFailure } from './shrink.ts';

const help = `npm run simulate:faults -- [--seeds N] [--seed S] [--mutant NAME] [--workers N]

  --seeds    how many seeds to run; 1000, or 1 when --seed is given
  --seed     the first of them; 1
  --mutant   a planted bug that must be found, or "all"
  --workers  how many run at once; one for each processor

planted bugs:
${mutantNames.map((name) => `  ${name.padEnd(18)} ${mutants[name]}`).join('\n')}`;

const command = 'npm run simulate:faults --';
const seedsAtOnce = 25;
const print = (text: string): void => void process.stdout.write(`${text}\n`);

interface Wanted {
  readonly from: number;
  readonly seeds: number;
  readonly mutant?: Mutant | undefined;
}

interface Total {
  ran: number;
  events: number;
  failed: number | undefined;
}

/** One thread that runs a batch at a time. */
class Runner {
  readonly #worker = new Worker(new URL(import.meta.url));

  run(batch: Batch): Promise<BatchResult> {
    return new Promise((resolve, reject) => {
      this.#worker.once('error', reject);
      this.#worker.once('message', (result: BatchResult) => {
        this.#worker.off('error', reject);
        resolve(result);
      });
      this.#worker.postMessage(batch);
    });
  }

  close(): Promise<number> {
    return this.#worker.terminate();
  }
}

async function runAll(runners: readonly Runner[], { from, seeds, mutant }: Wanted): Promise<Total> {
  const total: Total = { ran: 0, events: 0, failed: undefined };
  let next = from;
  const end = from + seeds;
  const take = async (runner: Runner): Promise<void> => {
    while (next < end && total.failed === undefined) {
      const batch = { from: next, seeds: Math.min(seedsAtOnce, end - next), mutant };
      next += batch.seeds;
      const { ran, events, failed } = await runner.run(batch);
      total.ran += ran;
      total.events += events;
      if (failed !== undefined) total.failed = Math.min(total.failed ?? failed, failed);
    }
  };
  await Promise.all(runners.map(take));
  return total;
}

const again = (seed: number, mutant?: Mutant): string =>
  `${command} --seed ${seed}${mutant ? ` --mutant ${mutant}` : ''}`;

async function explain(seed: number, mutant?: Mutant): Promise<void> {
  const shortest = await shortestFailure(seed, mutant);
  if (!shortest)
    throw new Error(`seed ${seed} failed once and passes now: the simulation is not deterministic`);
  print(failureText(seed, shortest, again(seed, mutant)));
}

async function check(runners: readonly Runner[], wanted: Wanted): Promise<boolean> {
  const start = performance.now();
  const { ran, events, failed } = await runAll(runners, wanted);
  const seconds = (performance.now() - start) / 1_000;
  if (failed !== undefined) await explain(failed, wanted.mutant);
  const rates = `${Math.round(events / seconds)} events/s, ${(ran / seconds).toFixed(1)} seeds/s`;
  print(
    `${ran} seeds, ${events} events in ${seconds.toFixed(1)} s (${rates}): ${failed === undefined ? 'all hold' : 'one failed'}`,
  );
  return failed === undefined;
}

async function checkMutants(runners: readonly Runner[], wanted: Wanted): Promise<boolean> {
  let found = true;
  for (const mutant of mutantNames) {
    const { ran, failed } = await runAll(runners, { ...wanted, mutant });
    found &&= failed !== undefined;
    print(
      `${mutant.padEnd(18)} ${failed === undefined ? `NOT found in ${ran} seeds` : `found by seed ${failed}`}`,
    );
  }
  return found;
}

const options = {
  seeds: { type: 'string' },
  seed: { type: 'string' },
  mutant: { type: 'string' },
  workers: { type: 'string' },
  help: { type: 'boolean' },
} as const;

const numberOf = (text: string | undefined, otherwise: number, name: string): number => {
  const number = text === undefined ? otherwise : Number(text);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new Error(`--${name} must be a whole number above 0, not ${text}`);
  return number;
};

async function main(): Promise<boolean> {
  const { values } = parseArgs({ options });
  if (values.help) {
    print(help);
    return true;
  }
  const { mutant } = values;
  if (mutant !== undefined && mutant !== 'all' && !mutantNames.includes(mutant as Mutant))
    throw new Error(`there is no planted bug ${mutant}; there are ${mutantNames.join(', ')}, and all`);
  const from = numberOf(values.seed, 1, 'seed');
  const seeds = numberOf(values.seeds, values.seed === undefined ? 1_000 : 1, 'seeds');
  const threads = numberOf(values.workers, os.availableParallelism(), 'workers');
  const runners = Array.from(
    { length: Math.min(threads, Math.ceil(seeds / seedsAtOnce)) },
    () => new Runner(),
  );
  try {
    if (mutant === 'all') return await checkMutants(runners, { from, seeds });
    return await check(runners, { from, seeds, mutant: mutant as Mutant | undefined });
  } finally {
    await Promise.all(runners.map((runner) => runner.close()));
  }
}

if (isMainThread) {
  main().then(
    (well) => (process.exitCode = well ? 0 : 1),
    (fault: unknown) => {
      process.stderr.write(`${fault instanceof Error ? fault.message : String(fault)}\n`);
      process.exitCode = 2;
    },
  );
} else {
  parentPort?.on('message', (batch: Batch) => {
    void runBatch(batch).then((result) => parentPort?.postMessage(result));
  });
}
