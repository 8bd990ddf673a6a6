// Owns: times as Go's encoding/json prints them (RFC 3339, nanoseconds without trailing zeros, UTC). Pure.
// Does not own: reading a clock.

const NS_PER_SECOND = 1_000_000_000n;

/** @param ns nanoseconds since epoch. `2026-08-01T10:00:00.0512Z`; a whole second has no fraction. */
export function formatTimestamp(ns: bigint): string {
  const seconds = ns / NS_PER_SECOND - (ns % NS_PER_SECOND < 0n ? 1n : 0n);
  const date = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  const part = String(ns - seconds * NS_PER_SECOND)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return part === '' ? `${date}Z` : `${date}.${part}Z`;
}
