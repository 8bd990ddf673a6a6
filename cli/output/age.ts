// How long ago, as kubectl tells it: `45s`, `3m20s`, `26h`, `12d`.
// The steps are those of k8s.io/apimachinery/pkg/util/duration, HumanDuration.

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** Whole units of the first, and what is left in the second where there is any. */
function two(seconds: number, first: [number, string], second: [number, string]): string {
  const rest = Math.floor((seconds % first[0]) / second[0]);
  return `${Math.floor(seconds / first[0])}${first[1]}${rest > 0 ? `${rest}${second[1]}` : ''}`;
}

/** A span (ms) for people. */
export function span(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 2 * MINUTE) return `${Math.max(0, seconds)}s`;
  if (seconds < 10 * MINUTE) return two(seconds, [MINUTE, 'm'], [1, 's']);
  if (seconds < 3 * HOUR) return `${Math.floor(seconds / MINUTE)}m`;
  if (seconds < 8 * HOUR) return two(seconds, [HOUR, 'h'], [MINUTE, 'm']);
  if (seconds < 2 * DAY) return `${Math.floor(seconds / HOUR)}h`;
  if (seconds < 8 * DAY) return two(seconds, [DAY, 'd'], [HOUR, 'h']);
  if (seconds < 2 * YEAR) return `${Math.floor(seconds / DAY)}d`;
  if (seconds < 8 * YEAR) return two(seconds, [YEAR, 'y'], [DAY, 'd']);
  return `${Math.floor(seconds / YEAR)}y`;
}

/** Since a time in RFC 3339; `<unknown>` where there is none. */
export function age(time: string | undefined, now = Date.now()): string {
  const at = time === undefined ? NaN : Date.parse(time);
  return Number.isNaN(at) ? '<unknown>' : span(now - at);
}
