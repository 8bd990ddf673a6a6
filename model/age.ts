// How long ago something was, as kubectl writes it (duration.HumanDuration of k8s.io/apimachinery), so that all tables read alike.
// Does not own reading a clock.

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

/** `whole` units and what is left in smaller ones, which is left out when it is nothing. */
function both(
  seconds: number,
  [unit, size]: readonly [string, number],
  [smaller, small]: readonly [string, number],
): string {
  const rest = Math.floor((seconds % size) / small);
  const whole = `${Math.floor(seconds / size)}${unit}`;
  return rest === 0 ? whole : `${whole}${rest}${smaller}`;
}

/** A span of milliseconds: `90s`, `5m12s`, `26h`, `3d4h`, `2y10d`. Half a second before now counts as now, more is `<invalid>`. */
export function age(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 2 * minute) return `${seconds}s`;
  if (seconds < 10 * minute) return both(seconds, ['m', minute], ['s', 1]);
  if (seconds < 3 * hour) return `${Math.floor(seconds / minute)}m`;
  if (seconds < 8 * hour) return both(seconds, ['h', hour], ['m', minute]);
  if (seconds < 2 * day) return `${Math.floor(seconds / hour)}h`;
  if (seconds < 8 * day) return both(seconds, ['d', day], ['h', hour]);
  if (seconds < 2 * year) return `${Math.floor(seconds / day)}d`;
  if (seconds < 8 * year) return both(seconds, ['y', year], ['d', day]);
  return `${Math.floor(seconds / year)}y`;
}
