// `npm run chaos -- --minutes 5 --seed S [--out FILE]`: one run, its summary, what the checker found. Exit code 1 when it found something.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { check, type Violation } from './checker.ts';
import { openHistory, readHistory, type Entry, type History } from './history.ts';
import { runChaos } from './run.ts';
import { summarize, summaryText } from './summary.ts';

const help = `Chaos: three activators, two controllers, two autoscalers, Redis and real sandboxes under load, and faults at random.

  --minutes N   how long faults go on (5)
  --seed S      which faults and requests; the same seed does the same (the time)
  --out FILE    the history, one JSON object a line (a file in the temporary folder)
  --read FILE   no run: the summary and the verdict of a history that an earlier run wrote
  --workers N   clients at once (8)
  --sessions N  sessions that each client holds at most (3)

Ctrl-C ends it early; what was done until then is judged.`;

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const progressEveryMs = 10_000;
const shownViolations = 50;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string' },
    out: { type: 'string' },
    read: { type: 'string' },
    workers: { type: 'string', default: '8' },
    sessions: { type: 'string', default: '3' },
    help: { type: 'boolean', default: false },
  },
});

function number(name: 'minutes' | 'seed' | 'workers' | 'sessions', otherwise = 0): number {
  const value = Number(values[name] ?? otherwise);
  if (Number.isFinite(value) && value > 0) return value;
  process.stderr.write(`--${name} must be a number above 0\n`);
  process.exit(2);
}

function tellProgress(history: History): () => void {
  const timer = setInterval(() => {
    const { requests, answered, sessions, faults } = summarize(history.entries());
    const done = [...faults].filter(([what]) => !['mend', 'thaw', 'redis-up'].includes(what));
    const happened = done.map(([what, times]) => `${times} ${what}`).join(', ') || 'none';
    const at = Math.round(history.now() / 1_000);
    print(
      `  ${at} s: ${answered} of ${requests} requests answered, ${sessions} sessions; faults: ${happened}`,
    );
  }, progressEveryMs);
  return () => clearInterval(timer);
}

/** Prints what happened and what was found; the exit code tells whether anything was. */
function report(entries: readonly Entry[], violations: readonly Violation[], file: string): void {
  print(`\n${summaryText(summarize(entries))}`);
  if (violations.length === 0) return print('\nthe checker found nothing');
  process.exitCode = 1;
  print(`\nthe checker found ${violations.length} (history in ${file}):`);
  for (const { rule, text } of violations.slice(0, shownViolations)) print(`  ${rule}: ${text}`);
}

/** npm passes a Ctrl-C on that the terminal gave us too: what comes so soon is the same one (ms). */
const sameSignalMs = 1_000;

interface Ending {
  /** The first signal: heal and judge. */
  readonly early: AbortController;
  /** The second: clear away and leave. */
  readonly now: AbortController;
}

function endOnSignals(): Ending {
  const ending: Ending = { early: new AbortController(), now: new AbortController() };
  let firstAt: number | undefined;
  const onSignal = (): void => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      print('\n  ending early: healing, then judging (Ctrl-C again only clears away)');
      ending.early.abort();
    } else if (performance.now() - firstAt > sameSignalMs) ending.now.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  return ending;
}

async function run(): Promise<void> {
  const seed = number('seed', Date.now() % 100_000);
  const file = path.resolve(values.out ?? path.join(tmpdir(), `agentcube-chaos-${seed}.jsonl`));
  const history = openHistory(file);
  const minutes = number('minutes');
  print(`chaos: ${minutes} minutes with seed ${seed}; history in ${file}`);
  const ending = endOnSignals();
  const done = tellProgress(history);
  const violations = await runChaos({
    minutes,
    seed,
    workers: number('workers'),
    sessionsPerWorker: number('sessions'),
    history,
    say: (text) => print(`  ${text}`),
    stop: ending.early.signal,
    leave: ending.now.signal,
    keepOutput: (program, output) => writeFileSync(`${file}.${program}.log`, output),
  }).finally(done);
  history.close();
  if (violations) return report(history.entries(), violations, file);
  print('\nleft without a verdict; nothing stays running');
  process.exit(130);
}

function read(file: string): void {
  const entries = readHistory(file);
  report(entries, check(entries), file);
}

if (values.help) print(help);
else if (values.read !== undefined) read(values.read);
else await run();
