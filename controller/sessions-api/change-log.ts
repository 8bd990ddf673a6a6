// The last changes of sessions, in the order in which they were heard, so that a watch goes on where another ended.
// Each has a resource version: it grows, and its last three digits say which program counted it, for two programs hear the same
// changes at different times. Does not own who watches (watch.ts). Invariant: what was missed is never passed over in silence.
import type { Cancel, Clock } from '../../model/clock.ts';
import type { SessionFeed } from '../../model/platform.ts';
import type { Session } from '../../model/session.ts';

export interface Change {
  readonly session: Session;
  readonly version: string;
}

export interface ChangeListener {
  /** A change was heard. */
  readonly onChange: (change: Change) => void;
  /** Changes may have been missed: whoever relies on them reads everything again. */
  readonly onGap: () => void;
}

export interface ChangeLogDeps {
  readonly feed: SessionFeed;
  readonly clock: Pick<Clock, 'now'>;
  /** 0…999: tells this program's versions from those of others. */
  readonly salt: number;
  /** How many changes are remembered. */
  readonly length?: number;
}

const salts = 1_000;

export class ChangeLog {
  readonly #deps: Required<ChangeLogDeps>;
  readonly #listeners = new Set<ChangeListener>();
  readonly #stops: readonly Cancel[];
  #changes: Change[] = [];
  /** Versions up to this one cannot be gone on from. */
  #forgotten: number;
  #last: number;

  constructor(deps: ChangeLogDeps) {
    this.#deps = { length: 1_000, ...deps };
    this.#last = this.#next(0);
    this.#forgotten = this.#last - 1;
    this.#stops = [
      deps.feed.subscribe((session) => this.#heard(session)),
      deps.feed.onGap(() => this.#missed()),
    ];
  }

  /** How far the log is. */
  get version(): string {
    return String(this.#last);
  }

  /** The changes after a version; undefined when this log cannot tell them. */
  since(version: string): readonly Change[] | undefined {
    const after = Number(version);
    const known = Number.isSafeInteger(after) && after % salts === this.#deps.salt;
    if (!known || after <= this.#forgotten || after > this.#last) return undefined;
    return this.#changes.filter((change) => Number(change.version) > after);
  }

  /** Told of everything that is heard from now on. */
  listen(listener: ChangeListener): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    this.#listeners.clear();
  }

  /** Milliseconds as long as nothing happens more often; a program that starts anew counts on above its earlier self. */
  #next(after: number): number {
    const tick = Math.max(Math.floor(after / salts) + 1, Math.floor(this.#deps.clock.now()));
    return tick * salts + this.#deps.salt;
  }

  #heard(session: Session): void {
    this.#last = this.#next(this.#last);
    const change = { session, version: this.version };
    this.#changes.push(change);
    if (this.#changes.length > this.#deps.length) this.#forgotten = Number(this.#changes.shift()?.version);
    for (const { onChange } of [...this.#listeners]) onChange(change);
  }

  #missed(): void {
    this.#changes = [];
    this.#forgotten = this.#last;
    this.#last = this.#next(this.#last);
    for (const { onGap } of [...this.#listeners]) onGap();
  }
}
