// The simulator as a program: reads traces, prints what each policy costs, writes the picture.
// Only files, flags and printing are here; nothing imports this file.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { explain } from '../../model/scaling.ts';
import {
  fixedCurve,
  kpaCurve,
  runOracle,
  runPolicy,
  targetCurve,
  targetPolicy,
  type Setup,
} from './compare.ts';
import { measureRounds } from './measure.ts';
import { help, OptionError, readOptions, type Options } from './options.ts';
import type { Round } from './replay.ts';
import { costTable, equalIdleTable, reachedTable, type Curves } from './report.ts';
import { svg } from './svg.ts';
import { readTrace, TraceError, type Trace } from './trace.ts';

/** Milliseconds of processor time so far: other programs on the machine do not count. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);

function open(file: string, { runtime }: Options): Trace {
  const trace = readTrace(readFileSync(file, 'utf8'), path.basename(file));
  if (runtime === undefined) return trace;
  const runtimes = trace.runtimes.filter((it) => it.runtime === runtime);
  const [only] = runtimes;
  if (only) return { ...trace, runtimes, sessions: only.arrivals.length };
  const names = trace.runtimes.map((it) => it.runtime).join(', ');
  throw new OptionError(`--runtime: ${JSON.stringify(runtime)} is not in ${trace.name}; there are: ${names}`);
}

function explainAt(setup: Setup, { warm, explainAt: at }: Options): void {
  if (at === undefined) return;
  const found = new Map<string, Round>();
  runPolicy(setup, targetPolicy(warm), warm, (round, runtime) => {
    if (round.at <= at) found.set(runtime, round);
  });
  print(`\nwhy, ${at / 1_000} s after the first session, asked for ${warm * 100} % warm:`);
  for (const [runtime, { at: when, ready, starting, arrivals, coldStarts, decision }] of found) {
    const seen = `${arrivals} new, ${coldStarts} cold, ${ready} ready, ${starting} starting`;
    print(`  ${runtime === '' ? '' : `${runtime} `}at ${when / 1_000} s (${seen}) wants ${decision.size}`);
    print(`    ${explain(decision.why)}`);
  }
}

/** The busiest runtime's rounds. */
function drawnRun(setup: Setup, { warm }: Options): { title: string; rounds: readonly Round[] } {
  const [busiest] = setup.trace.runtimes.toSorted((a, b) => b.arrivals.length - a.arrivals.length);
  const rounds: Round[] = [];
  runPolicy(setup, targetPolicy(warm), warm, (round, runtime) => {
    if (runtime === busiest?.runtime) rounds.push(round);
  });
  const of = busiest?.runtime ? `, ${busiest.runtime.slice(0, 40)}` : '';
  return { title: `target ${warm * 100} %${of}: new sessions, cold starts and pool`, rounds };
}

/** Where the picture goes; each further one has its number in the name. */
const pictureFile = (file: string, index: number): string => {
  const { dir, name, ext } = path.parse(file);
  return index === 0 ? file : path.join(dir, `${name}-${index + 1}${ext}`);
};

function simulate(setup: Setup, options: Options, told: { startUp: string; picture: number }): void {
  const { trace } = setup;
  const title = `${trace.name}, start-up ${told.startUp} s`;
  print(
    `${title}: ${trace.sessions} sessions of ${trace.runtimes.length} runtimes in ${Math.round(trace.lengthMs / 1_000)} s`,
  );
  const curves: Curves = {
    fixed: fixedCurve(setup, options.largest),
    kpa: kpaCurve(setup),
    target: targetCurve(setup),
    oracle: runOracle(setup),
  };
  print(`\n${costTable(curves, options.all)}`);
  print(`\ncold starts where pools are idle alike\n${equalIdleTable(curves, options.idles)}`);
  const asked = [0.9, 0.99, 0.999].map((warm) => runPolicy(setup, targetPolicy(warm), warm));
  print(`\nasked and reached, after the first tenth\n${reachedTable(asked)}`);
  explainAt(setup, options);
  if (options.svg === undefined) return;
  const file = pictureFile(options.svg, told.picture);
  writeFileSync(file, svg({ title, curves, run: drawnRun(setup, options) }));
  print(`\npicture: ${file}`);
}

function main(): void {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') return print(help);
  let picture = 0;
  for (const file of options.traces) {
    const trace = open(file, options);
    if (options.measure !== undefined) {
      print(measureRounds(trace, options.measure, processorMs));
      continue;
    }
    for (const { median, p99, text } of options.startUps) {
      if (picture > 0) print('');
      const startUp = { median, p99, failing: options.failing };
      const setup = { trace, startUp, roundMs: options.roundMs, seed: options.seed };
      simulate(setup, options, { startUp: text, picture });
      picture += 1;
    }
  }
}

const isFileFault = (fault: unknown): fault is NodeJS.ErrnoException =>
  fault instanceof Error && 'code' in fault && 'path' in fault;

try {
  main();
} catch (fault) {
  if (!(fault instanceof OptionError || fault instanceof TraceError || isFileFault(fault))) throw fault;
  process.stderr.write(`${fault.message}\n`);
  process.exitCode = 2;
}
