// Go durations (`15m`, `1h30m`, `1.5s`): the spelling that runtimes use for every time span.
// Does not own what a duration means to anybody. Nothing here reads a clock.
// Inside the platform a duration is a number of milliseconds; nanoseconds survive as fractions of one.
import { z } from 'zod';
import { PlatformError } from './errors.ts';
import { textThat } from './fields.ts';

const nanosecondsPer: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n], // U+00B5, what Go prints
  ['μs', 1_000n], // U+03BC, what a Greek keyboard types
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);

/** Go keeps a duration in a signed 64-bit count of nanoseconds, about 292 years. */
const longest = 2n ** 63n;

const part = /^(\d*)(?:\.(\d*))?([^\d.]*)/;

type Read = { readonly ns: bigint } | { readonly error: string };

function readPart(rest: string, whole: string): { ns: bigint; length: number } | { error: string } {
  const [matched = '', units = '', fraction = '', unit = ''] = part.exec(rest) ?? [];
  if (units === '' && fraction === '') return { error: `time: invalid duration ${quoted(whole)}` };
  if (unit === '') return { error: `time: missing unit in duration ${quoted(whole)}` };
  const size = nanosecondsPer.get(unit);
  if (size === undefined) return { error: `time: unknown unit ${quoted(unit)} in duration ${quoted(whole)}` };
  const digits = fraction.slice(0, 20);
  const below = (BigInt(`0${digits}`) * size) / 10n ** BigInt(digits.length);
  return { ns: BigInt(`0${units}`) * size + below, length: matched.length };
}

function read(text: string): Read {
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  let rest = text.slice(sign.length);
  if (rest === '0') return { ns: 0n };
  if (rest === '' || text.length > 200) return { error: `time: invalid duration ${quoted(text)}` };
  let total = 0n;
  while (rest !== '') {
    const step = readPart(rest, text);
    if ('error' in step) return step;
    total += step.ns;
    rest = rest.slice(step.length);
  }
  const tooLong = sign === '-' ? total > longest : total >= longest;
  if (tooLong) return { error: `time: invalid duration ${quoted(text)}` };
  return { ns: sign === '-' ? -total : total };
}

const quoted = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);

/**
 * Milliseconds of a Go duration, as Go's `time.ParseDuration` reads it.
 * Throws `INVALID_REQUEST` with Go's own wording (`time: missing unit in duration "5"`).
 */
export function parseDuration(text: string): number {
  const result = read(text);
  if ('error' in result) throw new PlatformError('INVALID_REQUEST', result.error);
  // Apart, because a long duration's nanoseconds exceed what a double counts exactly.
  return Number(result.ns / 1_000_000n) + Number(result.ns % 1_000_000n) / 1e6;
}

/** What is wrong with a text as a Go duration, in Go's words; undefined when nothing is. Never throws. */
export function durationError(text: string): string | undefined {
  const result = read(text);
  return 'error' in result ? result.error : undefined;
}

const trimZeros = (digits: string): string => digits.replace(/0+$/, '');

/** `count` of a unit made of 10^places smaller ones: `1500, 3` is `1.5`. */
function decimal(count: bigint, places: number): string {
  const text = count.toString().padStart(places + 1, '0');
  const fraction = trimZeros(text.slice(text.length - places));
  return text.slice(0, text.length - places) + (fraction === '' ? '' : `.${fraction}`);
}

function formatMagnitude(ns: bigint): string {
  if (ns === 0n) return '0s';
  if (ns < 1_000n) return `${ns}ns`;
  if (ns < 1_000_000n) return `${decimal(ns, 3)}µs`;
  if (ns < 1_000_000_000n) return `${decimal(ns, 6)}ms`;
  const minutes = ns / 60_000_000_000n;
  const seconds = `${decimal(ns % 60_000_000_000n, 9)}s`;
  if (minutes === 0n) return seconds;
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

/** Milliseconds as Go's `Duration.String` prints them: 900000 is `15m0s`, 500 is `500ms`. */
export function formatDuration(ms: number): string {
  const size = Math.abs(ms);
  const whole = Math.trunc(size);
  const ns = BigInt(whole) * 1_000_000n + BigInt(Math.round((size - whole) * 1e6));
  return (ms < 0 && ns > 0n ? '-' : '') + formatMagnitude(ns);
}

/** A Go duration as it stands in YAML or JSON; stays the text that was given. */
export const goDuration = z
  .string()
  .superRefine((text, context) => {
    const message = durationError(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .describe('a Go duration such as "15m" or "1h30m"');

const isNegative = (given: string): boolean => durationError(given) === undefined && parseDuration(given) < 0;

/** A time after which something ends. */
export const timeout = goDuration
  .refine((given) => !isNegative(given), { error: 'is negative' })
  .describe('a Go duration such as "15m" or "1h30m", not negative');

/** A time after which something sleeps, or never. */
export const delay = textThat('a Go duration such as "30s", not negative, or "never"', (given) => {
  if (given === 'never') return undefined;
  return durationError(given) ?? (isNegative(given) ? 'is negative' : undefined);
});
