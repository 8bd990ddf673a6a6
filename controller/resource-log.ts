// The last changes of deployed objects, in the order in which they were seen, so that a watch goes on where another ended.
// Each change has a resource version, which grows and says nothing else; the object has that of its last change.
// Does not own the objects (runtime-book.ts, trigger-book.ts), what is stored of them, nor who watches.
// Invariant: whoever goes on from a version is told every change after it, or that this is not known any more.
import type { Cancel, Clock } from '../model/clock.ts';
import type { Resource } from '../model/resource.ts';

export interface ResourceChange<R extends Resource = Resource> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** As it is after the change; one that was deleted, as it was. */
  readonly object: R;
  /** As it was; absent when it was added. */
  readonly before?: R;
  readonly version: string;
}

/** For whoever watches. */
export interface ResourceChanges {
  /** How far it is. */
  readonly version: string;
  /** What changed after a version; `past` and `future` where that is not known any more, or not yet. */
  since(version: string): readonly ResourceChange[] | 'past' | 'future';
  /** Told of everything from now on. */
  listen(listener: (change: ResourceChange) => void): Cancel;
}

/** With another resource version. */
const versioned = <R extends Resource>(object: R, resourceVersion: string): R => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion },
});

const remembered = 1_000;

export class ResourceLog<R extends Resource> implements ResourceChanges {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #listeners = new Set<(change: ResourceChange<R>) => void>();
  #changes: ResourceChange<R>[] = [];
  /** Before this version nothing is known. */
  #from: number;
  #last: number;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
    this.#last = Math.floor(clock.now());
    this.#from = this.#last;
  }

  get version(): string {
    return String(this.#last);
  }

  since(version: string): readonly ResourceChange<R>[] | 'past' | 'future' {
    const after = Number(version);
    if (after > this.#last) return 'future';
    return after < this.#from ? 'past' : this.#changes.filter((change) => Number(change.version) > after);
  }

  listen(listener: (change: ResourceChange<R>) => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** An object that was there before the log began: it has the version that it was stored with, and what comes has later ones. */
  known(object: R): R {
    const stored = Number(object.metadata.resourceVersion);
    if (!(stored > 0)) return versioned(object, this.version);
    this.#last = Math.max(this.#last, stored);
    this.#from = this.#last;
    return object;
  }

  /** A version for what is about to be stored. */
  reserve(): string {
    return this.#next();
  }

  /** An object is there, or is another than `before`. Answers it with its version: the reserved one, if nothing came between. */
  put(object: R, before: R | undefined, reserved?: string): R {
    const version = reserved === this.version ? reserved : this.#next();
    const fresh = versioned(object, version);
    this.#add(
      before
        ? { type: 'MODIFIED', object: fresh, before, version }
        : { type: 'ADDED', object: fresh, version },
    );
    return fresh;
  }

  removed(before: R): void {
    const object = versioned(before, this.#next());
    this.#add({ type: 'DELETED', object, before, version: this.version });
  }

  /** Milliseconds, as long as no more happens: so a program that starts anew counts on above its earlier self. */
  #next(): string {
    this.#last = Math.max(this.#last + 1, Math.floor(this.#clock.now()));
    return this.version;
  }

  #add(change: ResourceChange<R>): void {
    this.#changes.push(change);
    if (this.#changes.length > remembered) this.#from = Number(this.#changes.shift()?.version);
    for (const listener of [...this.#listeners]) listener(change);
  }
}
