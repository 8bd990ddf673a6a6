// Keeps in memory what a leader publishes (published.ts): reads all of it at the start, when messages may have been missed, and after a
// failure; otherwise it follows the messages, each of which says what changed since the version before it.
// Invariant: a message is applied only to the version that it follows; whenever that is not the one known, Redis is asked.
import type { Cancel } from '../../model/clock.ts';
import type { RedisBus } from './bus.ts';
import type { RedisLink } from './link.ts';
import {
  readTable,
  readUpdate,
  versionOf,
  type Rows,
  type TableName,
  type TableUpdate,
} from './published.ts';

/** A message may be lost between the nodes of a Cluster without anybody noticing: look again this often (ms). */
const LOOK_MS = 30_000;
const AGAIN_MS = 500;

export interface TableReaderDeps {
  readonly link: RedisLink;
  readonly bus: Pick<RedisBus, 'onMessage' | 'onGap'>;
  readonly table: TableName;
  /** Told after each reading of the table and each message: rows that are new or other than before, and names of those that are gone. */
  readonly onRows: (changed: Rows, gone: readonly string[]) => void;
  readonly onFault: (fault: unknown) => void;
}

/** `look`: read it unless its version is the one known. `read`: read it. */
type Wish = 'look' | 'read';

export class TableReader {
  readonly #deps: TableReaderDeps;
  readonly #first = Promise.withResolvers<void>();
  readonly #rows = new Map<string, string>();
  #version: string | undefined;
  #stops: readonly Cancel[] = [];
  #again: NodeJS.Timeout | undefined;
  #reading = false;
  #wish: Wish | undefined;
  /** Messages that came while reading: it is not known which of them the answer has seen. */
  #held: TableUpdate[] = [];

  constructor(deps: TableReaderDeps) {
    this.#deps = deps;
  }

  /** Resolves when Redis has answered once, also when nothing was published yet; goes on trying until then. */
  start(): Promise<void> {
    const { bus, table } = this.#deps;
    const timer = setInterval(() => this.#ask('look'), LOOK_MS).unref();
    this.#stops = [
      bus.onMessage(table, (text) => this.#hear(text)),
      bus.onGap(() => this.#ask('read')),
      () => clearInterval(timer),
    ];
    this.#ask('read');
    return this.#first.promise;
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    clearTimeout(this.#again);
    this.#stops = [];
    this.#first.resolve();
  }

  #hear(text: string): void {
    const update = readUpdate(text);
    if (!update) this.#ask('look');
    else if (this.#reading) this.#held.push(update);
    else this.#take(update);
  }

  #take(update: TableUpdate): void {
    if (update.before !== this.#version) return this.#ask('look');
    this.#version = update.version;
    this.#change(update.rows, update.gone);
  }

  #ask(wish: Wish): void {
    this.#wish = this.#wish === 'read' ? 'read' : wish;
    if (!this.#reading) void this.#read();
  }

  async #read(): Promise<void> {
    this.#reading = true;
    clearTimeout(this.#again);
    try {
      while (this.#wish) await this.#readOnce(this.#wish);
      this.#first.resolve();
    } catch (fault) {
      this.#deps.onFault(fault);
      // What was held is in what is read next.
      this.#held = [];
      if (this.#stops.length > 0) this.#again = setTimeout(() => this.#ask('read'), AGAIN_MS).unref();
    } finally {
      this.#reading = false;
    }
  }

  async #readOnce(wish: Wish): Promise<void> {
    const { link, table } = this.#deps;
    this.#wish = undefined;
    const asked =
      wish === 'read' || this.#version === undefined || this.#version !== (await versionOf(link, table));
    const read = asked ? await readTable(link, table) : undefined;
    if (this.#stops.length === 0) return;
    if (read) this.#replace(read.rows, read.version);
    for (const update of this.#held.splice(0)) this.#take(update);
  }

  #replace(rows: Rows, version: string | undefined): void {
    this.#version = version;
    const changed = [...rows].filter(([name, text]) => this.#rows.get(name) !== text);
    this.#change(
      new Map(changed),
      [...this.#rows.keys()].filter((name) => !rows.has(name)),
    );
  }

  #change(changed: Rows, gone: readonly string[]): void {
    for (const name of gone) this.#rows.delete(name);
    for (const [name, text] of changed) this.#rows.set(name, text);
    this.#deps.onRows(changed, gone);
  }
}
