// How many warm sandboxes may start at the same time on machines that nobody here sees into. Learned from how long starts take,
// as TCP Vegas learns its window (Brakmo, O'Malley, Peterson: "TCP Vegas", SIGCOMM 1994): where one alone takes `fastestMs`, and one
// beside others `tookMs`, a share of 1 - fastestMs / tookMs of them only waits for the others. Starting more would only make all slower,
// and slow starts ask for larger pools, which start still more.

/** A start that succeeded. */
export interface Sample {
  readonly tookMs: number;
  /** The fastest of its kind until now, this one included. */
  readonly fastestMs: number;
  /** How many were under way when it ended, itself included. */
  readonly beside: number;
}

const least = 2;
const mostOfANode = 16;
/** More only queues up in the API server. */
const mostInAll = 64;
/** While fewer than these only wait, one more may start; when more do, one less. */
const [fewWait, manyWait] = [2, 4];
/** What was fastest is forgotten slowly: machines change. */
const fading = 1.002;

/** The fastest of a kind after one that took so long (ms). */
export const fastestAfter = (fastestMs: number | undefined, tookMs: number): number =>
  Math.max(1, Math.min(tookMs, fastestMs === undefined ? tookMs : fastestMs * fading));

const mostOn = (nodes: number): number => Math.min(mostInAll, mostOfANode * nodes);

/** The limit where nothing is known yet. */
export const firstLimit = (nodes: number): number => Math.min(mostOn(nodes), 2 + 2 * nodes);

/** The limit after a start. */
export function limitAfter(limit: number, { tookMs, fastestMs, beside }: Sample, nodes: number): number {
  const waiting = beside * (1 - fastestMs / Math.max(tookMs, fastestMs));
  const isUsed = beside >= limit;
  if (waiting > manyWait) return Math.max(least, Math.min(limit, mostOn(nodes)) - 1);
  return waiting < fewWait && isUsed ? Math.min(mostOn(nodes), limit + 1) : Math.min(limit, mostOn(nodes));
}
