// Watches of deployed objects: streams of JSON lines that tell of changes, until their time is over, their client is gone or reads
// too slowly, or the platform stops. Does not own what changed (resource-log.ts) nor the form of what is told (kube-forms.ts).
// Invariant: after the last line of a watch that was told no error, going on from the last version told misses nothing.
import type { Response } from 'express';
import type { Cancel, Clock } from '../../model/clock.ts';
import type { ResourceChange, ResourceChanges } from '../resource-log.ts';
import type { Forms, KubeObject } from './kube-forms.ts';
import type { WatchOptions } from './kube-query.ts';
import { expired } from './kube-refusal.ts';
import { shown } from './kube-resources.ts';

export interface WatchOrder {
  readonly changes: ResourceChanges;
  /** Whether an object is one of those that are watched. */
  readonly selects: (object: ResourceChange['object']) => boolean;
  /** All there are now, in a list as of `version`. */
  readonly all: () => { readonly items: readonly KubeObject[]; readonly resourceVersion: string };
  readonly forms: Forms;
  readonly options: WatchOptions;
}

/** How often a watch that asked for it says how far it is (ms). */
const bookmarkMs = 60_000;
/** A client that reads slower than this many bytes behind is sent away, and begins again from where it was. */
const mostBehind = 4 * 2 ** 20;

class Watch {
  readonly #order: WatchOrder;
  readonly #response: Response;
  #stops: readonly Cancel[] = [];
  #from = 0;
  #ended = false;

  constructor(order: WatchOrder, response: Response) {
    this.#order = order;
    this.#response = response;
  }

  /** `ended` is told once it is over, however that came about. */
  begin(clock: Clock, ended: () => void): void {
    const { options, changes } = this.#order;
    this.#response.setHeader('Content-Type', 'application/json');
    this.#response.flushHeaders();
    this.#response.on('close', () => {
      this.#stop();
      ended();
    });
    if (options.after === '') this.#tellAll();
    else if (!this.#goOn(options.after)) return;
    if (this.#ended) return;
    this.#stops = [
      changes.listen((change) => this.#tell(change)),
      clock.after(options.forMs, () => this.end()),
      ...(options.bookmarks ? [clock.every(bookmarkMs, () => this.#bookmark(changes.version, false))] : []),
    ];
  }

  /** Its client may begin again from the last version told. */
  end(): void {
    if (this.#ended) return;
    if (this.#order.options.bookmarks) this.#bookmark(this.#order.changes.version, false);
    this.#stop();
    this.#response.end();
  }

  #tellAll(): void {
    const { items, resourceVersion } = this.#order.all();
    for (const item of items) this.#write('ADDED', this.#order.forms.told(item));
    if (this.#order.options.sayWhenAll) this.#bookmark(resourceVersion, true);
  }

  /** Tells what changed since. False when that is not known any more, which is told instead. */
  #goOn(version: string): boolean {
    const { changes } = this.#order;
    const missed = changes.since(version);
    this.#from = Number(version);
    if (missed === 'future') return true;
    if (missed !== 'past') {
      for (const change of missed) this.#tell(change);
      return true;
    }
    this.#write('ERROR', expired(version, changes.version).status);
    this.#stop();
    this.#response.end();
    return false;
  }

  #tell({ type, object, before, version }: ResourceChange): void {
    if (Number(version) <= this.#from) return;
    const { selects, forms } = this.#order;
    const was = before !== undefined && selects(before);
    const is = type !== 'DELETED' && selects(object);
    if (is) this.#write(was ? 'MODIFIED' : 'ADDED', forms.told(shown(object)));
    else if (was) this.#write('DELETED', forms.told(shown(gone(type, object, before))));
  }

  #bookmark(version: string, atEnd: boolean): void {
    this.#write('BOOKMARK', this.#order.forms.bookmark(version, atEnd));
  }

  #write(type: string, object: object): void {
    const response = this.#response;
    if (this.#ended || response.destroyed) return;
    response.write(`${JSON.stringify({ type, object })}\n`);
    if (response.writableLength <= mostBehind) return;
    this.#stop();
    response.destroy();
  }

  #stop(): void {
    this.#ended = true;
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }
}

/** What is not selected any more is told as it was, with the version of the change. */
function gone(
  type: ResourceChange['type'],
  object: ResourceChange['object'],
  before: ResourceChange['object'],
): ResourceChange['object'] {
  if (type === 'DELETED') return object;
  const { resourceVersion = '' } = object.metadata;
  return { ...before, metadata: { ...before.metadata, resourceVersion } };
}

/** All watches that are open. */
export class Watches {
  readonly #clock: Clock;
  readonly #open = new Set<Watch>();
  readonly #atStop: Cancel[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get count(): number {
    return this.#open.size;
  }

  open(order: WatchOrder, response: Response): void {
    const watch = new Watch(order, response);
    this.#open.add(watch);
    watch.begin(this.#clock, () => this.#open.delete(watch));
  }

  /** To be done when all end. */
  onStop(run: Cancel): void {
    this.#atStop.push(run);
  }

  /** Ends all of them. */
  stop(): void {
    for (const run of this.#atStop.splice(0)) run();
    for (const watch of [...this.#open]) watch.end();
  }
}
