// How objects are written: a change of what is there, tried or done. Types only.

/** What becomes of an object: of what is there, or of nothing. It is asked while nobody else writes; what it throws refuses the write. */
export type Change<R> = (current: R | undefined) => R;

export interface WriteOptions {
  /** All is checked and answered as if, and nothing is stored or told. */
  readonly dryRun?: boolean;
}

export interface RemoveOptions<R> extends WriteOptions {
  /** What it throws refuses the delete. */
  readonly check?: (current: R) => void;
}

export interface Removed<R> {
  readonly object: R;
  /** Not while finalizers keep it. */
  readonly gone: boolean;
}
