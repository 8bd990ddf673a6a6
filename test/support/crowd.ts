// Doing much at once, and at random but repeatably.

/** Runs `work` for every item, at most `atOnce` at a time; rejects with the first failure. Results are in order of items. */
export async function eachOf<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}

/** Numbers from 0 to `count` - 1. */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

export interface Dice {
  /** A whole number from `from` to `to`, both included. */
  roll(from: number, to: number): number;
  pick<T>(items: readonly T[]): T;
}

/** mulberry32: the same seed rolls the same numbers. */
export function diceFrom(seed: number): Dice {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const roll = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return {
    roll,
    pick: (items) => {
      const item = items[roll(0, items.length - 1)];
      if (item === undefined) throw new Error('nothing to pick from');
      return item;
    },
  };
}

/** A whole number from the environment, for runs that want more than the everyday one. */
export const numberFrom = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);
