// The life of a separate program: it starts step by step, and whatever has been started by then is stopped in reverse order
// when a signal comes, also in the middle of the start. Does not own what the steps are.
import { fail, keepAlive } from './failing.ts';
import { stopOnSignals } from './signals.ts';

/** Takes a step of the stop: the last one given goes first. */
export type OnStop = (step: () => Promise<void> | void) => void;

export interface Program {
  /** What its lines begin with. */
  readonly name: string;
  /** Resolves when it serves. Rejects when it cannot: the process then ends with exit code 1 and says why. */
  readonly start: (say: (line: string) => void, onStop: OnStop) => Promise<void>;
  /** What becomes of what it kept. */
  readonly stopped: string;
}

async function undo(steps: readonly (() => Promise<void> | void)[]): Promise<void> {
  for (const step of [...steps].reverse()) await step();
}

/** Runs the program until a signal ends it: with 0 when it stopped in order, with 130 when a second signal came. */
export async function run({ name, start, stopped }: Program): Promise<void> {
  const steps: (() => Promise<void> | void)[] = [];
  const say = (line: string): void => void process.stdout.write(`${name}: ${line}\n`);
  let stopping = false;
  keepAlive();
  stopOnSignals({
    program: name,
    print: say,
    stop: () => {
      stopping = true;
      return undo(steps);
    },
    words: {
      stopping: 'stopping: finishing what is in hand (a second signal leaves at once)',
      stopped: `stopped; ${stopped}`,
      left: 'left as it is',
    },
  });
  try {
    await start(say, (step) => steps.push(step));
  } catch (fault) {
    if (!stopping) fail(name, fault);
  }
}
