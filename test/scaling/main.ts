// `npm run demo:scaling`: a pool follows a load that rises, bursts and stops, on a platform that runs. Prints a line each second,
// writes a table and a picture, and takes away what it made, also after Ctrl-C.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { csv, svg } from './picture.ts';
import { arrivals, type Shape } from './plan.ts';
import { Run, type Sample } from './run.ts';
import { There } from './there.ts';

const help = `A pool that follows its load: deploys a code interpreter with spec.scaling, opens sessions that come ever more often, in
bursts, and then not at all, and shows what its pool does.

  npm start                 in another terminal, then
  npm run demo:scaling

  --control URL     the control port (http://127.0.0.1:8080)
  --activator URL   the activator, or router (http://127.0.0.1:8081)
  --seconds N       how long sessions come (120)
  --peak N          new sessions a second at the height (2)
  --burst N         sessions at once in each of three bursts (8)
  --hold MS         how long a session is used (500)
  --warm SHARE      the wanted share of warm starts (99%)
  --max N           the most that the pool may hold (50)
  --zero SPAN       toZeroAfter (20s)
  --namespace NAME  of the interpreter (default)
  --image IMAGE     of the interpreter (picod, or agentcube/code-interpreter:dev on a cluster)
  --seed S          when sessions come (1)
  --svg FILE        the picture
  --csv FILE        the table, four rows a second

AGENTCUBE_TOKEN: of a service account, where the control port asks for one. On a cluster the interpreter is applied with kubectl.`;

const text = (fallback: string) => ({ type: 'string', default: fallback }) as const;
const { values } = parseArgs({
  options: {
    control: text('http://127.0.0.1:8080'),
    activator: text('http://127.0.0.1:8081'),
    seconds: text('120'),
    peak: text('2'),
    burst: text('8'),
    hold: text('500'),
    warm: text('99%'),
    max: text('50'),
    zero: text('20s'),
    namespace: text('default'),
    image: { type: 'string' },
    seed: text('1'),
    svg: { type: 'string' },
    csv: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const print = (line: string): void => void process.stdout.write(`${line}\n`);

function leave(words: string, code: number): never {
  process.stderr.write(`${words}\n`);
  process.exit(code);
}

function number(name: 'seconds' | 'peak' | 'burst' | 'hold' | 'max'): number {
  const value = Number(values[name]);
  return Number.isFinite(value) && value >= 0 ? value : leave(`--${name} must be a number, 0 or more`, 2);
}

const wide = process.stdout.columns ?? 160;

/** Prints each second what came in it, and how the pool stands. */
function teller(): (sample: Sample) => void {
  let second = -1;
  let [opened, said] = [0, ''];
  return (sample) => {
    opened += sample.opened;
    if (Math.floor(sample.at) === second) return;
    second = Math.floor(sample.at);
    const { target, ready, starting, trouble } = sample;
    const more = starting > 0 ? ` (+${starting})` : '';
    const pool = `pool ${String(ready).padStart(2)} of ${target}${more}`.padEnd(18);
    const bar = '#'.repeat(Math.min(opened, 20)).padEnd(20);
    const why = trouble ?? sample.text;
    print(
      `${String(second).padStart(4)} s  ${bar}  ${pool}  ${why === said ? '' : why}`.slice(0, wide).trimEnd(),
    );
    [opened, said] = [0, why];
  };
}

const median = (values_: readonly number[]): number =>
  [...values_].sort((one, other) => one - other)[Math.floor(values_.length / 2)] ?? 0;

/** The picture and the table, where they are wanted. */
function write(samples: readonly Sample[], title: string): void {
  if (values.svg !== undefined) writeFileSync(values.svg, svg(title, samples));
  if (values.csv !== undefined) writeFileSync(values.csv, csv(samples));
}

/** The last lines, and the files. */
function conclude({ samples, waits }: Run): void {
  const sum = (of: (sample: Sample) => number): number => samples.reduce((all, one) => all + of(one), 0);
  const [opened, cold, failed] = [sum((one) => one.opened), sum((one) => one.cold), sum((one) => one.failed)];
  const most = Math.max(0, ...samples.map(({ ready }) => ready));
  const { target = 0, ready = 0, text: why = '' } = samples.at(-1) ?? {};
  const failures = failed > 0 ? `, ${failed} failed` : '';
  print(
    `\n${opened} sessions, ${cold} of them cold${failures}; they waited ${median(waits).toFixed(0)} ms in the median`,
  );
  print(`the pool held ${most} at most and ends with ${ready}: ${why}`);
  write(
    samples,
    `${values.warm} are to start warm: of ${opened} new sessions ${opened - cold} found a sandbox ready`,
  );
  if (failed > 0 || target > 0) process.exitCode ??= 1;
}

/** The first signal ends the demonstration in order, the second at once; npm passes one on that the terminal gave us too. */
function endOnSignals(): AbortSignal {
  const ending = new AbortController();
  let firstAt = Infinity;
  const onSignal = (): void => {
    if (performance.now() - firstAt > 1_000) process.exit(130);
    if (ending.signal.aborted) return;
    firstAt = performance.now();
    print('\nending: clearing away (Ctrl-C again leaves at once)');
    process.exitCode = 130;
    ending.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, onSignal);
  return ending.signal;
}

function thereOf(): There {
  const { namespace, image } = values;
  const scaling = { class: 'target', warmStarts: values.warm, max: number('max'), toZeroAfter: values.zero };
  const at = { controlUrl: values.control, activatorUrl: values.activator };
  const runtime = { namespace, name: 'scaling-demo', scaling, ...(image !== undefined && { image }) };
  return new There(at, runtime, process.env['AGENTCUBE_TOKEN']);
}

interface Load {
  readonly shape: Shape;
  readonly holdMs: number;
}

const loadOf = (): Load => ({
  shape: { peak: number('peak'), burst: number('burst'), seconds: number('seconds') },
  holdMs: number('hold'),
});

/** So long the pool may take after the last session to be empty (s). */
const patience = 180;

async function demonstrate(there: There, { shape, holdMs }: Load, signal: AbortSignal): Promise<void> {
  const moments = arrivals(shape, values.seed);
  await there.untilKnown(signal);
  print(`${moments.length} sessions in ${shape.seconds} s (seed ${values.seed}); # is a new session\n`);
  const told = new Set<string>();
  const onFault = (fault: unknown): void => {
    const words = fault instanceof Error ? fault.message : String(fault);
    if (!told.has(words)) print(`        a session failed: ${words}`);
    told.add(words);
  };
  const run = new Run({
    there,
    moments,
    holdMs,
    patience,
    signal,
    onFault,
    onSample: teller(),
  });
  await run.untilQuiet();
  conclude(run);
}

async function main(): Promise<void> {
  const [there, load] = [thereOf(), loadOf()];
  const signal = endOnSignals();
  await there.deploy();
  try {
    await demonstrate(there, load, signal);
  } catch (fault) {
    if (!signal.aborted) throw fault;
  } finally {
    await there.remove();
  }
}

if (values.help) print(help);
else await main().catch((fault: unknown) => leave(fault instanceof Error ? fault.message : String(fault), 1));
