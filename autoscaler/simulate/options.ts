// What the simulator is asked for: its flags, their bounds and its help. Reads text, opens nothing.
import { parseArgs } from 'node:util';

export const help = `npm run simulate -- TRACE... [flags]

Replays arrivals of new sessions through the autoscaler in virtual time, and prints what each policy costs: sessions that
started cold against the time that warm sandboxes waited (idle).

  TRACE            CSV, one new session a row: a timestamp in seconds or as a date, and perhaps a runtime.
                   Columns are found by name (timestamp, time, start...; runtime, function, name, app); without a header by
                   what stands in them. A column end... with a column duration beside it means when it began.

  --startup S      seconds that a start-up takes, 1.5 when not given; several: --startup 1.5 --startup 10
                   1.5:6 means that half of them take 1.5 s and one in a hundred more than 6 s
  --failing P      share of start-ups that fail, 0 to 0.99; 0 when not given
  --round S        seconds between two decisions; 1
  --warm P         wanted share of warm starts of the run that is drawn and explained; 99 %
  --idle A,B       where the policies are compared, in idle sandboxes on average; 10,20,40
  --largest N      largest size of policy fixed; 200
  --explain T      why the pool of policy target had its size T seconds after the first session, for each runtime
  --runtime NAME   only this runtime
  --svg FILE       the curves, and one run over time, as a picture
  --all            print every setting, not only those that differ clearly
  --measure N      nothing but how long one round of decisions takes for N runtimes, each with the trace from another moment on
  --seed N         of start-up times that vary, and of failures; 1

Policies: fixed N holds N at all times. kpa T is Knative's autoscaler with one sandbox for T new sessions a second. target P is
asked for a share of warm starts. The oracle knows what comes. A session takes the oldest warm sandbox and keeps it; its
replacement starts at once. A session that finds none starts cold, with a sandbox of its own.

  npm run simulate -- trace.csv
  npm run simulate -- trace.csv --startup 1.5:6 --svg tradeoff.svg
  npm run simulate -- trace.csv --warm 99.9% --explain 1200`;

/** Flags that are wrong; the message names the flag, the bound and the value. */
export class OptionError extends Error {}

export interface Options {
  readonly traces: readonly string[];
  /** Seconds. */
  readonly startUps: readonly { readonly median: number; readonly p99: number; readonly text: string }[];
  readonly failing: number;
  readonly roundMs: number;
  readonly warm: number;
  readonly idles: readonly number[];
  readonly largest: number;
  /** Milliseconds. */
  readonly explainAt?: number;
  readonly runtime?: string;
  readonly svg?: string;
  /** So many runtimes. */
  readonly measure?: number;
  readonly all: boolean;
  readonly seed: number;
}

interface Bound {
  readonly from: number;
  readonly to: number;
}

function number(flag: string, text: string, { from, to }: Bound): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (value >= from && value <= to) return value;
  throw new OptionError(`--${flag}: ${JSON.stringify(text)} is not a number from ${from} to ${to}`);
}

function startUp(text: string): { median: number; p99: number; text: string } {
  const [first = '', second = first, ...more] = text.split(':');
  if (more.length > 0)
    throw new OptionError(`--startup: ${JSON.stringify(text)} is not S or S:S, as in 1.5:6`);
  const median = number('startup', first, { from: 0.001, to: 86_400 });
  return { median, p99: number('startup', second, { from: median, to: 86_400 }), text };
}

/** A share as `99 %`, `99%` or `0.99`. */
function share(text: string): number {
  const value = text.trim().endsWith('%') ? Number(text.trim().slice(0, -1)) / 100 : Number(text);
  if (value > 0 && value < 1) return value;
  throw new OptionError(`--warm: ${JSON.stringify(text)} is not between 0 % and 100 %, as in 99% or 0.99`);
}

const flags = {
  startup: { type: 'string', multiple: true },
  failing: { type: 'string', default: '0' },
  round: { type: 'string', default: '1' },
  warm: { type: 'string', default: '99%' },
  idle: { type: 'string', default: '10,20,40' },
  largest: { type: 'string', default: '200' },
  explain: { type: 'string' },
  runtime: { type: 'string' },
  svg: { type: 'string' },
  measure: { type: 'string' },
  all: { type: 'boolean', default: false },
  seed: { type: 'string', default: '1' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags, allowPositionals: true });
  } catch (fault) {
    throw new OptionError(fault instanceof Error ? fault.message : String(fault));
  }
}

/** Reads the flags; `help` when that is what was asked for. Throws OptionError. */
export function readOptions(args: readonly string[]): Options | 'help' {
  const { values, positionals } = parsed(args);
  if (values.help) return 'help';
  if (positionals.length === 0) throw new OptionError('no trace given: npm run simulate -- TRACE.csv');
  const { explain, measure, runtime, svg } = values;
  return {
    traces: positionals,
    startUps: (values.startup ?? ['1.5']).map(startUp),
    failing: number('failing', values.failing, { from: 0, to: 0.99 }),
    roundMs: 1_000 * number('round', values.round, { from: 0.01, to: 3_600 }),
    warm: share(values.warm),
    idles: values.idle.split(',').map((text) => number('idle', text, { from: 0, to: 1e6 })),
    largest: number('largest', values.largest, { from: 1, to: 10_000 }),
    all: values.all,
    seed: number('seed', values.seed, { from: 0, to: 2 ** 32 - 1 }),
    ...(explain === undefined ? {} : { explainAt: 1_000 * number('explain', explain, { from: 0, to: 1e9 }) }),
    ...(measure === undefined ? {} : { measure: number('measure', measure, { from: 1, to: 1e6 }) }),
    ...(runtime === undefined ? {} : { runtime }),
    ...(svg === undefined ? {} : { svg }),
  };
}
