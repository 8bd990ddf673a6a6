// `npm run chaos -- --minutes 5 --seed S [--out FILE]`, or `--events N`: one run, its summary, what the checker found.
// Exit code 1 when it found something.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import type { Violation } from './checker.ts';
import { openHistory, readHistory, type Entry, type History } from './history.ts';
import { eventsKind, kindOf, requestsKind, type Judging, type Kind } from './kinds.ts';

const help = `Chaos: real programs, Redis and sandboxes under load, and faults at random.

  --minutes N   requests for sessions; for so long programs are killed, frozen and cut off (5)
  --events N    in its place: N events for agents, while activators, controllers, Redis and sandboxes are killed (20000)
  --sessions N  sessions that each client holds at most (3); with --events: sessions that events are for (200)
  --workers N   clients at once (8); not with --events
  --seed S      which faults and requests; the same seed does the same (the time)
  --out FILE    the history, one JSON object a line (a file in the temporary folder)
  --read FILE   no run: the summary and the verdict of a history that an earlier run wrote

Ctrl-C ends it early; what was done until then is judged.`;

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const progressEveryMs = 10_000;
const shownViolations = 50;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    events: { type: 'string' },
    seed: { type: 'string' },
    out: { type: 'string' },
    read: { type: 'string' },
    workers: { type: 'string', default: '8' },
    sessions: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

function number(name: 'minutes' | 'events' | 'seed' | 'workers' | 'sessions', otherwise = 0): number {
  const value = Number(values[name] ?? otherwise);
  if (Number.isFinite(value) && value > 0) return value;
  process.stderr.write(`--${name} must be a number above 0\n`);
  process.exit(2);
}

function tellProgress(kind: Kind, history: History): () => void {
  const timer = setInterval(() => {
    const at = Math.round(history.now() / 1_000);
    print(`  ${at} s: ${kind.progress(history.entries())}`);
  }, progressEveryMs);
  return () => clearInterval(timer);
}

/** Prints what happened and what was found; the exit code tells whether anything was. */
function report(
  kind: Judging,
  entries: readonly Entry[],
  violations: readonly Violation[],
  file: string,
): void {
  print(`\n${kind.summary(entries)}`);
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

function kindAsked(seed: number): Kind {
  if (values.events !== undefined)
    return eventsKind({ events: number('events'), subjects: number('sessions', 200), seed });
  const sizes = { workers: number('workers'), sessionsPerWorker: number('sessions', 3) };
  return requestsKind({ minutes: number('minutes'), seed, ...sizes });
}

async function run(): Promise<void> {
  const seed = number('seed', Date.now() % 100_000);
  const kind = kindAsked(seed);
  const file = path.resolve(values.out ?? path.join(tmpdir(), `agentcube-chaos-${seed}.jsonl`));
  const history = openHistory(file);
  print(`chaos: ${kind.title} with seed ${seed}; history in ${file}`);
  const ending = endOnSignals();
  const done = tellProgress(kind, history);
  const violations = await kind
    .run({
      history,
      say: (text) => print(`  ${text}`),
      stop: ending.early.signal,
      leave: ending.now.signal,
      keepOutput: (program, output) => writeFileSync(`${file}.${program}.log`, output),
    })
    .finally(done);
  history.close();
  if (violations) return report(kind, history.entries(), violations, file);
  print('\nleft without a verdict; nothing stays running');
  process.exit(130);
}

function read(file: string): void {
  const entries = readHistory(file);
  const kind = kindOf(entries);
  report(kind, entries, kind.check(entries), file);
}

if (values.help) print(help);
else if (values.read !== undefined) read(values.read);
else await run();
