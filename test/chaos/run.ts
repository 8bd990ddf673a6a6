// A chaos run from its first program to its verdict: load, faults for a time, healing, a look at everything, the checker.
// Does not own the command line (main.ts).
import { check, type Violation } from './checker.ts';
import { Client, type Held } from './client.ts';
import { runtimes } from './deployment.ts';
import { readFinals, readInventory } from './ending.ts';
import { Havoc } from './havoc.ts';
import type { History } from './history.ts';
import { startLoad, type Load } from './load.ts';
import { planFaults } from './plan.ts';
import { Stage } from './stage.ts';

/** What a run is given, of whatever kind it is. */
export interface Playing {
  readonly history: History;
  /** Told in words what goes on. */
  readonly say: (text: string) => void;
  /** Ends the run early: what was begun is healed and judged all the same. */
  readonly stop: AbortSignal;
  /** Ends it at once, without a verdict. */
  readonly leave: AbortSignal;
  /** Given what each program printed, when the checker found something or the run could not go on. */
  readonly keepOutput: (program: string, output: string) => void;
}

export interface RunOptions extends Playing {
  readonly minutes: number;
  readonly seed: number;
  readonly workers: number;
  readonly sessionsPerWorker: number;
}

/** The longest that a frozen program and then a wake may keep a client (ms). */
export const patienceMs = 60_000;

export const loadOn = (
  stage: Stage,
  history: History,
  { seed, workers, sessionsPerWorker }: Pick<RunOptions, 'seed' | 'workers' | 'sessionsPerWorker'>,
): Load =>
  startLoad({
    client: new Client(history, patienceMs),
    seed,
    workers,
    sessionsPerWorker,
    runtimes,
    activators: stage.programs.activators,
    controllers: stage.programs.controllers,
  });

/** Everything heals; then each session is read and the machine is looked at. */
export async function judge(
  stage: Stage,
  history: History,
  held: readonly Held[],
): Promise<readonly Violation[]> {
  const [activator] = stage.programs.activators;
  const [controller] = stage.programs.controllers;
  if (!activator || !controller) throw new Error('nobody is there to be asked');
  await stage.ready();
  await readFinals(history, held, activator);
  await readInventory(history, stage.dataDir, controller);
  return check(history.entries());
}

export const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });

/** Resolves with what the checker found; undefined when it was to leave. Leaves nothing on the machine. */
export async function runChaos(options: RunOptions): Promise<readonly Violation[] | undefined> {
  const { history, say } = options;
  say('starting Redis and the programs');
  const stage = await Stage.open({ activators: 3, controllers: 2, autoscalers: 2, history });
  let fine = false;
  try {
    const violations = await Promise.race([play(stage, options), aborted(options.leave)]);
    fine = violations === undefined || violations.length === 0;
    return violations;
  } finally {
    if (!fine) for (const { name, output } of stage.programs.all) options.keepOutput(name, output());
    await stage.close();
  }
}

async function play(stage: Stage, options: RunOptions): Promise<readonly Violation[]> {
  const { minutes, seed, history, say, stop } = options;
  history.write({ t: 'started', seed, minutes });
  const load = loadOn(stage, history, options);
  const havoc = new Havoc(stage, history);
  void aborted(stop).then(() => havoc.stop());
  const names = stage.programs.all.map(({ name }) => name);
  say(`${minutes} minutes of load and faults`);
  const durationMs = minutes * 60_000;
  await havoc.run(planFaults(seed, durationMs, names), durationMs);
  say('healing');
  await havoc.heal();
  // A terminal's Ctrl-C reached Redis and the programs too. These come back by themselves.
  if (stop.aborted) await stage.redis.restart();
  const held = await load.stop();
  say(`looking at ${held.length} sessions and at the machine`);
  return judge(stage, history, held);
}
