// When new sessions come: a load that rises, then bursts, goes on, and stops. Decided by a seed; starts nothing.
import { Random } from '../simulation/random.ts';

export interface Shape {
  /** New sessions a second at the height of the load. */
  readonly peak: number;
  /** How many come at once in each burst. */
  readonly burst: number;
  /** How long they come at all (s). */
  readonly seconds: number;
}

/** Shares of the time: quiet, then a rise from nothing to the peak, then as at the peak with bursts on top, then less. */
const quietUntil = 0.05;
const peakFrom = 0.5;
const peakUntil = 0.85;
const bursts = [0.55, 0.65, 0.75];
const afterPeak = 0.4;
/** A burst is over in so many seconds. */
const burstSeconds = 0.5;

/** New sessions a second on average, without bursts, at a share of the time. */
export function rateAt(share: number, { peak }: Pick<Shape, 'peak'>): number {
  if (share < quietUntil || share >= 1) return 0;
  if (share < peakFrom) return (peak * (share - quietUntil)) / (peakFrom - quietUntil);
  return share < peakUntil ? peak : peak * afterPeak;
}

/**
 * Moments (s) at which sessions are opened, in order: Poisson arrivals of a changing rate by thinning (Lewis and Shedler, Simulation
 * of nonhomogeneous Poisson processes by thinning, 1979), and the bursts.
 */
export function arrivals(shape: Shape, seed: string): readonly number[] {
  const random = new Random(seed);
  const { peak, burst, seconds } = shape;
  const moments: number[] = [];
  for (let at = 0; ;) {
    at += -Math.log(1 - random.next()) / peak;
    if (!(at < seconds)) break;
    if (random.next() * peak < rateAt(at / seconds, shape)) moments.push(at);
  }
  for (const share of bursts)
    for (let i = 0; i < burst; i += 1) moments.push(share * seconds + random.next() * burstSeconds);
  return moments.sort((one, other) => one - other);
}
