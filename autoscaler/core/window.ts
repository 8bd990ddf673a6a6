// Counts of the last seconds, in buckets of one second: Knative's `TimedFloat64Buckets` (pkg/autoscaler/aggregation/bucketing.go).
// As many numbers as the window has seconds, whatever comes.

const bucketMs = 1_000;

export interface BucketsState {
  readonly counts: readonly number[];
  readonly first: number | null;
  readonly last: number;
}

export class Buckets {
  readonly #counts: number[];
  #first: number | null;
  #last: number;

  constructor(windowMs: number, state?: BucketsState) {
    const length = Math.ceil(windowMs / bucketMs);
    const kept = state?.counts.length === length ? state : undefined;
    this.#counts = kept ? [...kept.counts] : new Array<number>(length).fill(0);
    this.#first = kept?.first ?? null;
    this.#last = kept?.last ?? 0;
  }

  state(): BucketsState {
    return { counts: [...this.#counts], first: this.#first, last: this.#last };
  }

  /** Whether nothing was ever counted. */
  get empty(): boolean {
    return this.#first === null;
  }

  add(count: number, elapsed: number): void {
    const bucket = Math.floor(elapsed / bucketMs);
    this.#forget(bucket);
    if (count === 0) return;
    this.#first ??= bucket;
    const place = bucket % this.#counts.length;
    this.#counts[place] = (this.#counts[place] ?? 0) + count;
  }

  /** A second's average over the window, or over what there is of it, as `WindowAverage` while the window fills. */
  average(windowMs: number, elapsed: number): number {
    if (this.#first === null) return 0;
    const bucket = Math.floor(elapsed / bucketMs);
    const wanted = Math.max(1, Math.min(this.#counts.length, Math.round(windowMs / bucketMs)));
    const length = Math.min(wanted, bucket - this.#first + 1);
    let sum = 0;
    for (let back = 0; back < length; back += 1)
      sum += this.#counts[(bucket - back) % this.#counts.length] ?? 0;
    return sum / length;
  }

  #forget(bucket: number): void {
    const passed = Math.min(this.#counts.length, bucket - this.#last);
    for (let back = 0; back < passed; back += 1) this.#counts[(bucket - back) % this.#counts.length] = 0;
    this.#last = Math.max(this.#last, bucket);
  }
}
