// One watch: a stream of JSON lines that tells of sessions as they change, until its time is over, its client is gone or slow,
// or changes were missed. Does not own what is said of a change (core/watched.ts), nor HTTP's beginning (sessions-api.ts).
// Invariant: after the last line of a watch that was not told an error, going on from the last version told misses nothing.
import type { Writable } from 'node:stream';
import type { Cancel, Clock } from '../../model/clock.ts';
import type { SessionRecord } from '../../model/session-store.ts';
import type { Selection } from './core/selection.ts';
import type { Shown } from './core/session-object.ts';
import { expired } from './status.ts';
import { bookmarkObject, one, type Presentation, type Reading } from './core/table.ts';
import { Watched, type Told } from './core/watched.ts';
import type { Change, ChangeLog } from './change-log.ts';

export interface WatchOrder {
  readonly selection: Selection;
  readonly presentation: Presentation;
  readonly bookmarks: boolean;
  /** How long it lasts (ms). */
  readonly forMs: number;
}

export interface WatchDeps {
  readonly log: ChangeLog;
  readonly clock: Clock;
  readonly out: Writable;
}

/** How often a watch that nothing happens in says how far it is (ms). */
const bookmarkMs = 30_000;
/** A client that reads slower than this many bytes behind is sent away, and begins again from where it was. */
const mostBehind = 4 * 2 ** 20;

const shownOf = ({ session, lastActivityAt, leasedUntil }: SessionRecord): Shown => ({
  session,
  use: { lastActivityAt, leasedUntil },
});

export class Watch {
  readonly #deps: WatchDeps;
  readonly #order: WatchOrder;
  readonly #watched: Watched;
  #stops: readonly Cancel[] = [];
  #ended = false;

  constructor(deps: WatchDeps, order: WatchOrder) {
    this.#deps = deps;
    this.#order = order;
    this.#watched = new Watched(order.selection);
  }

  /** Tells of the sessions that are, as of `version`, when `atEnd` with the word that these were all. */
  tellAll(records: readonly SessionRecord[], version: string, atEnd: boolean): void {
    for (const record of records) {
      this.#write(this.#watched.begin(record.session), one(shownOf(record), this.#at(version), this.#form));
    }
    if (atEnd) this.#write('BOOKMARK', bookmarkObject(this.#at(version), this.#form, true));
  }

  /** Tells what changed since `version` and everything from now on. False, and nothing told, when that is not known any more. */
  follow(version: string): boolean {
    const { log, clock, out } = this.#deps;
    const missed = log.since(version);
    if (!missed) return false;
    for (const change of missed) this.#tell(change);
    this.#stops = [
      log.listen({ onChange: (change) => this.#tell(change), onGap: () => this.fail() }),
      clock.after(this.#order.forMs, () => this.#end()),
      ...(this.#order.bookmarks ? [clock.every(bookmarkMs, () => this.#bookmark())] : []),
    ];
    out.on('close', () => this.#stop());
    if (out.destroyed || this.#ended) this.#stop();
    return true;
  }

  /** Says that changes may have been missed, and ends. */
  fail(): void {
    this.#write('ERROR', expired('the changes since then are not known any more; list again'));
    this.#end();
  }

  get #form(): Presentation {
    return this.#order.presentation;
  }

  #at(resourceVersion: string): Reading {
    return { now: this.#deps.clock.now(), resourceVersion };
  }

  #tell({ session, version }: Change): void {
    const told = this.#watched.tell(session);
    if (told) this.#write(told, one({ session }, this.#at(version), this.#form));
  }

  #bookmark(): void {
    this.#write('BOOKMARK', bookmarkObject(this.#at(this.#deps.log.version), this.#form, false));
  }

  #write(type: Told | 'BOOKMARK' | 'ERROR', object: object): void {
    const { out } = this.#deps;
    if (this.#ended || out.destroyed) return;
    out.write(`${JSON.stringify({ type, object })}\n`);
    if (out.writableLength <= mostBehind) return;
    this.#stop();
    out.destroy();
  }

  #end(): void {
    this.#stop();
    this.#deps.out.end();
  }

  #stop(): void {
    this.#ended = true;
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }
}
