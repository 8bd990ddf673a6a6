// Averages over the last seconds, in buckets of one second: Knative's `TimedFloat64Buckets` (pkg/autoscaler/aggregation/bucketing.go;
// WindowAverage, Record, IsEmpty). As many numbers as the window has seconds, whatever comes. Knows no unit but the second.

const bucketMs = 1_000;

/** `WindowAverage` cuts after so many digits, so that rounding never asks for one more pod. */
const precision = 1e6;

export interface BucketsState {
  /** From the newest bucket back: a value, how many buckets have it, the next value and so on. */
  readonly runs: readonly number[];
  /** Buckets of the first write and of the last; null before there was one. */
  readonly first: number | null;
  readonly last: number;
}

export class Buckets {
  readonly #counts: number[];
  #sum = 0;
  #first: number | null;
  #last: number;

  /** A window of another length takes over what it has room for, as `ResizeWindow`. */
  constructor(windowMs: number, state?: BucketsState) {
    this.#counts = new Array<number>(Math.max(1, Math.ceil(windowMs / bucketMs))).fill(0);
    this.#first = state?.first ?? null;
    this.#last = state?.last ?? 0;
    const newest = valuesOf(state?.runs ?? []).slice(0, this.#counts.length);
    for (const [back, value] of newest.entries()) this.#put(this.#last - back, value);
  }

  state(): BucketsState {
    const newest = this.#counts.map((_, back) => this.#counts[this.#place(this.#last - back)] ?? 0);
    return { runs: runsOf(newest), first: this.#first, last: this.#last };
  }

  /** Adds what came in the last `seconds` seconds, evenly over their buckets. Nothing at all is something that came, too. */
  add(count: number, elapsed: number, seconds = 1): void {
    const bucket = bucketOf(elapsed);
    this.#advance(bucket);
    const spread = Math.max(1, Math.round(seconds));
    const first = Math.max(0, bucket - Math.min(spread, this.#counts.length) + 1);
    for (let at = first; at <= bucket; at += 1) this.#put(at, count / spread);
    this.#first = Math.min(this.#first ?? first, first);
  }

  /**
   * A second's average over the window. While the window fills, over what there is of it; when nothing was added of late, over
   * the part before that; when nothing was for a whole window, 0, and the window fills anew.
   */
  average(elapsed: number): number {
    if (this.#first === null) return 0;
    const since = bucketOf(elapsed) - this.#last;
    if (since >= this.#counts.length) return 0;
    let sum = this.#sum;
    for (let at = 1; at <= since; at += 1) sum -= this.#counts[this.#place(this.#last + at)] ?? 0;
    const filled = Math.min(this.#last - this.#first + 1, this.#counts.length - since);
    return Math.max(0, Math.floor((sum / filled) * precision) / precision);
  }

  /** Whether nothing was added for longer than the window. */
  empty(elapsed: number): boolean {
    return this.#first === null || bucketOf(elapsed) - this.#last > this.#counts.length;
  }

  #advance(bucket: number): void {
    if (this.#first === null || bucket - this.#last >= this.#counts.length) {
      this.#counts.fill(0);
      this.#sum = 0;
      this.#first = bucket;
    } else {
      for (let at = this.#last + 1; at <= bucket; at += 1)
        this.#put(at, -(this.#counts[this.#place(at)] ?? 0));
    }
    this.#last = Math.max(this.#last, bucket);
  }

  #put(bucket: number, count: number): void {
    const place = this.#place(bucket);
    this.#counts[place] = (this.#counts[place] ?? 0) + count;
    this.#sum += count;
  }

  #place(bucket: number): number {
    const { length } = this.#counts;
    return ((bucket % length) + length) % length;
  }
}

const bucketOf = (elapsed: number): number => Math.floor(elapsed / bucketMs);

function runsOf(values: readonly number[]): number[] {
  const runs: number[] = [];
  for (const value of values) {
    const times = runs.length - 1;
    if (runs[times - 1] === value) runs[times] = (runs[times] ?? 0) + 1;
    else runs.push(value, 1);
  }
  return runs;
}

const valuesOf = (runs: readonly number[]): number[] =>
  runs.flatMap((times, at) => (at % 2 === 1 ? new Array<number>(times).fill(runs[at - 1] ?? 0) : []));
