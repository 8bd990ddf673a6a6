// Numbers of a run, and how they are written for people. Pure.

/** How often each item is there. */
export function tally<T>(items: Iterable<T>): Map<T, number> {
  const counts = new Map<T, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

/** `share`: 0.99 for the one that 99 of 100 do not exceed; 0 of none. */
export const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

export const words = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([word, count]) => `${word} ${count}`)
    .join(', ') || 'none';

export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** A table of two columns. */
export function tableText(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n');
}
