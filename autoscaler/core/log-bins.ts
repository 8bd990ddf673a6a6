// Counts, and durations, in bins whose width grows with the value: exact while small, within a fifth afterwards.
// So a distribution over any range is a short array, and none of its values has to be kept.

const exact = 8;
const perDoubling = 4;

/** Bins of one distribution; the last one holds everything above. */
export const binCount = exact + 1 + perDoubling * 12;

/** The bin of a value; halves go up. */
export function binOf(value: number): number {
  const whole = Math.max(0, Math.round(value));
  if (whole <= exact) return whole;
  return Math.min(binCount - 1, exact + Math.ceil(perDoubling * Math.log2(whole / exact) - 1e-9));
}

const tops = Array.from({ length: binCount }, (_, bin) =>
  bin <= exact ? bin : Math.floor(exact * 2 ** ((bin - exact) / perDoubling) + 1e-9),
);

/** The largest whole number of a bin. */
export const topOf = (bin: number): number => tops[Math.min(bin, binCount - 1)] ?? 0;
