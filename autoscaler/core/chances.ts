// Chances that more sessions come than a pool holds: for each bin of counts one, falling. From them follow sizes, and what
// one more sandbox is worth. Owns the priors, learns nothing.
import type { Histogram } from './histogram.ts';
import { binCount, topOf } from './log-bins.ts';

/** For each bin the chance of more than its top. Falls from bin to bin. */
export type Chances = readonly number[];

/** For each risk a size. */
export type Sizes = readonly number[];

/** The chances of missing the next session for which sizes are kept: their odds go from 8 to 1 down to 1 to a million. */
export const risks: readonly number[] = Array.from({ length: 37 }, (_, step) => {
  const odds = 2 ** (3 - 0.65 * step);
  return odds / (1 + odds);
});

/** Levels of load: steps of a doubling, from a sixteenth of a session on. */
export const levels = 16;
const lowest = 1 / 16;

export const levelOf = (count: number): number =>
  count < lowest ? 0 : Math.min(levels - 1, 1 + Math.floor(Math.log2(count / lowest)));

export const middleOf = (level: number): number => (level === 0 ? lowest / 4 : lowest * 2 ** (level - 0.5));

/** What was seen, over a belief that weighs as much as `weight` observations. */
export function mixed(seen: Histogram | undefined, belief: Chances, weight: number): Chances {
  const result = new Array<number>(binCount).fill(0);
  const all = (seen?.weight ?? 0) + weight;
  let above = 0;
  for (let bin = binCount - 1; bin >= 0; bin -= 1) {
    result[bin] = (above + weight * (belief[bin] ?? 0)) / all;
    above += seen?.at(bin) ?? 0;
  }
  return result;
}

/** Half of one and half of the other. */
export function halfAndHalf(one: Chances, other: Chances): Chances {
  const result = new Array<number>(binCount).fill(0);
  for (let bin = 0; bin < binCount; bin += 1) result[bin] = ((one[bin] ?? 0) + (other[bin] ?? 0)) / 2;
  return result;
}

/** The larger of both for each bin. */
export function either(one: Chances, other: Chances): Chances {
  const result = new Array<number>(binCount).fill(0);
  for (let bin = 0; bin < binCount; bin += 1) result[bin] = Math.max(one[bin] ?? 0, other[bin] ?? 0);
  return result;
}

/** For each risk the smallest size that more sessions than it holds come with no greater chance; within a bin chances fall evenly. */
export function sizesOf(chances: Chances, times = 1): Sizes {
  const sizes = new Array<number>(risks.length).fill(0);
  let bin = 0;
  for (let place = 0; place < risks.length; place += 1) {
    const risk = (risks[place] ?? 0) / times;
    while (bin < binCount - 1 && (chances[bin] ?? 0) > risk) bin += 1;
    sizes[place] = within(chances, bin, risk);
  }
  return sizes;
}

function within(chances: Chances, bin: number, risk: number): number {
  const top = topOf(bin);
  const bottom = bin === 0 ? 0 : topOf(bin - 1);
  if (top - bottom <= 1) return top;
  const [above = 0, below = 0] = [chances[bin - 1], chances[bin]];
  if (above <= below) return top;
  return Math.ceil(bottom + Math.min(1, (above - risk) / (above - below)) * (top - bottom));
}

/** The chance that `count` sessions come or more. */
export function chanceOf(chances: Chances, count: number): number {
  let bin = 0;
  while (bin < binCount - 1 && topOf(bin) < count - 1) bin += 1;
  return chances[bin] ?? 0;
}

/** Dispersions are told apart in so many steps for each doubling. */
const dispersionSteps = 4;
const priors = new Map<number, Chances>();

/** The negative binomial (a Poisson rate that itself varies, as gamma) at a level of load; `dispersion`: variance over squared mean beyond Poisson's. */
export function negativeBinomial(level: number, dispersion: number): Chances {
  const step = Math.round(dispersionSteps * Math.log2(dispersion));
  const key = step * levels + level;
  const known = priors.get(key);
  if (known) return known;
  const made = worked(middleOf(level), 2 ** (-step / dispersionSteps));
  priors.set(key, made);
  return made;
}

function worked(mean: number, shape: number): Chances {
  const share = mean / (mean + shape);
  let chance = (1 - share) ** shape;
  let below = 0;
  let count = 0;
  return Array.from({ length: binCount }, (_, bin) => {
    for (; count <= topOf(bin) && below < 1 - 1e-9; count += 1) {
      below += chance;
      chance *= (share * (count + shape)) / (count + 1);
    }
    return Math.max(0, 1 - below);
  });
}

/** Chances of more than each bin holds, given that something comes: each further session is `ratio` times as likely as the one before. */
export const geometric = (ratio: number): Chances =>
  Array.from({ length: binCount }, (_, bin) => (bin === 0 ? 1 : ratio ** topOf(bin)));
