// Owns: Go's time.ParseDuration and Duration.String, as PicoD clients write and read them. Pure.
// Does not own: what a duration is used for. Values here are nanoseconds in a double: exact up to 104 days.

const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  '\u00b5s': 1e3,
  '\u03bcs': 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};
const MAX_NS = 2 ** 63;

export type ParsedDuration = { ok: true; ns: number } | { ok: false; error: string };

const quote = (text: string): string => JSON.stringify(text);
const invalid = (text: string): ParsedDuration => ({
  ok: false,
  error: `time: invalid duration ${quote(text)}`,
});

/**
 * Parses a Go duration such as `1m30s`, `0.5s`, `-2h`, `0`.
 * @returns nanoseconds, or the text of the error Go gives (`time: missing unit in duration "10"`).
 */
export function parseDuration(text: string): ParsedDuration {
  const negative = text.startsWith('-');
  let rest = negative || text.startsWith('+') ? text.slice(1) : text;
  if (rest === '0') return { ok: true, ns: 0 };
  if (rest === '') return invalid(text);
  let total = 0;
  while (rest !== '') {
    const match = /^(\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest);
    if (match === null) return invalid(text);
    const [whole, number, unit] = match as unknown as [string, string, string];
    if (unit === '') return { ok: false, error: `time: missing unit in duration ${quote(text)}` };
    const size = UNITS[unit];
    if (size === undefined) {
      return { ok: false, error: `time: unknown unit ${quote(unit)} in duration ${quote(text)}` };
    }
    total += Math.trunc(Number(number) * size);
    if (total > MAX_NS) return invalid(text);
    rest = rest.slice(whole.length);
  }
  return { ok: true, ns: negative ? -total : total };
}

function fraction(ns: number, unitNs: number): string {
  const whole = Math.floor(ns / unitNs);
  const digits = String(unitNs).length - 1;
  const part = String(ns - whole * unitNs).padStart(digits, '0');
  const trimmed = digits === 0 ? '' : part.replace(/0+$/, '');
  return trimmed === '' ? String(whole) : `${whole}.${trimmed}`;
}

/** Prints nanoseconds as Go's Duration.String does: `0s`, `1.5ms`, `1m30.25s`, `2h0m0s`. */
export function formatDuration(ns: number): string {
  if (ns < 0) return `-${formatDuration(-ns)}`;
  if (ns === 0) return '0s';
  if (ns < 1e3) return `${ns}ns`;
  if (ns < 1e6) return `${fraction(ns, 1e3)}\u00b5s`;
  if (ns < 1e9) return `${fraction(ns, 1e6)}ms`;
  const hours = Math.floor(ns / 3600e9);
  const minutes = Math.floor(ns / 60e9) % 60;
  const seconds = `${fraction(ns % 60e9, 1e9)}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

/** Prints a number as Go's `%.0f`: halves go to the even neighbour, so 0.5 is `0` and 1.5 is `2`. */
export function formatWhole(value: number): string {
  const floor = Math.floor(value);
  const half = value - floor === 0.5;
  const rounded = half ? floor + (floor % 2 === 0 ? 0 : 1) : Math.round(value);
  return Object.is(rounded, -0) || (rounded === 0 && value < 0) ? '-0' : String(rounded);
}
