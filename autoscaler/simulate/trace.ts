// Arrival traces as CSV: one new session a row, with a timestamp in seconds or as a date, perhaps with a runtime.
// Finds the columns by their names, or the timestamps by what stands there. What cannot be read is told with line and column.
// Rows need no order; a time of an end with a duration beside it means when it began.

/** The sessions of one runtime: milliseconds since the first session of the whole trace, in order. */
export interface RuntimeTrace {
  readonly runtime: string;
  readonly arrivals: readonly number[];
}

export interface Trace {
  readonly name: string;
  readonly runtimes: readonly RuntimeTrace[];
  readonly sessions: number;
  /** Milliseconds from the first session to the last. */
  readonly lengthMs: number;
}

/** A trace that cannot be read; the message says where. */
export class TraceError extends Error {}

const timeNames = [
  /^(arrival|start|begin)/i,
  /^(timestamp|time|date|datetime|ts|t|seconds)$/i,
  /(timestamp|time|date)/i,
];
const runtimeNames = [/^runtime/i, /^func/i, /^(name|workload)/i, /^app/i];

const date = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?)?(?:Z|([+-])(\d\d):?(\d\d))?$/;

/** Milliseconds of seconds or of a date (UTC unless it says otherwise); undefined when it is neither. */
function readTime(text: string): number | undefined {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text) * 1_000;
  const found = date.exec(text);
  if (!found) return undefined;
  const part = (at: number): number => Number(found[at] ?? 0);
  const [month, day, hour, minute, second] = [part(2), part(3), part(4), part(5), part(6)];
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
    return undefined;
  const offset = (found[8] === '-' ? -1 : 1) * (part(9) * 60 + part(10)) * 60_000;
  return Date.UTC(part(1), month - 1, day, hour, minute, second) + part(7) * 1_000 - offset;
}

/** The fields of a line; a quoted one may hold commas. */
const fieldsOf = (line: string): readonly string[] =>
  [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '').trim() : quoted.replaceAll('""', '"'),
  );

interface Columns {
  readonly time: number;
  /** A duration to take off, when the time is that of an end. */
  readonly duration: number;
  readonly runtime: number;
  readonly names: readonly string[];
  readonly header: boolean;
}

function byName(names: readonly string[], patterns: readonly RegExp[]): number {
  for (const pattern of patterns) {
    const found = names.findIndex((name) => pattern.test(name));
    if (found >= 0) return found;
  }
  return -1;
}

function columnsOf(first: readonly string[], second: readonly string[], where: string): Columns {
  const header = first.every((field) => readTime(field) === undefined);
  const names = header ? first : first.map((_, index) => `${index + 1}`);
  const named = header ? byName(names, timeNames) : -1;
  const content = header ? second : first;
  const time = named >= 0 ? named : content.findIndex((field) => readTime(field) !== undefined);
  if (time < 0) {
    throw new TraceError(
      `${where}, line ${header ? 2 : 1}: no column holds a timestamp; columns: ${names.join(', ')}`,
    );
  }
  const ends = header && /^end/i.test(names[time] ?? '');
  return {
    time,
    duration: ends ? byName(names, [/^duration/i]) : -1,
    runtime: header
      ? byName(names, runtimeNames)
      : content.findIndex((field) => field !== '' && readTime(field) === undefined),
    names,
    header,
  };
}

function timeAt(fields: readonly string[], column: number, place: string, name: string): number {
  const text = fields[column];
  const at = text === undefined ? undefined : readTime(text);
  if (at !== undefined && Number.isFinite(at)) return at;
  const what = text === undefined ? 'nothing' : JSON.stringify(text.slice(0, 60));
  throw new TraceError(
    `${place}, column ${name}: ${what} is neither seconds nor a date like 2023-11-16 18:17:03.98`,
  );
}

function group(rows: readonly { at: number; runtime: string }[]): readonly RuntimeTrace[] {
  const first = rows.reduce((least, { at }) => Math.min(least, at), Infinity);
  const found = new Map<string, number[]>();
  for (const { at, runtime } of rows) {
    const arrivals = found.get(runtime) ?? [];
    arrivals.push(at - first);
    found.set(runtime, arrivals);
  }
  return [...found].map(([runtime, arrivals]) => ({ runtime, arrivals: arrivals.sort((a, b) => a - b) }));
}

/** Reads a trace. `name` is what errors call it. Throws TraceError. */
export function readTrace(text: string, name: string): Trace {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line, index) => ({ line, place: `${name}, line ${index + 1}` }))
    .filter(({ line }) => line.trim() !== '');
  const [first, second] = lines;
  if (!first) throw new TraceError(`${name}: empty`);
  const columns = columnsOf(fieldsOf(first.line), fieldsOf(second?.line ?? ''), name);
  const rows = lines.slice(columns.header ? 1 : 0).map(({ line, place }) => {
    const fields = fieldsOf(line);
    const at = (column: number): number =>
      timeAt(fields, column, place, columns.names[column] ?? `${column + 1}`);
    const began = at(columns.time) - (columns.duration < 0 ? 0 : at(columns.duration));
    return { at: began, runtime: columns.runtime < 0 ? '' : (fields[columns.runtime] ?? '') };
  });
  if (rows.length === 0) throw new TraceError(`${name}: a header and no rows`);
  const runtimes = group(rows);
  const lengthMs = runtimes.reduce((most, { arrivals }) => Math.max(most, arrivals.at(-1) ?? 0), 0);
  return { name, runtimes, sessions: rows.length, lengthMs };
}
