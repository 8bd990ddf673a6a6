// A table that one leader publishes and everybody else reads from memory: one hash, replaced as a whole, and a message that it was.
// Does not own what is in it. Invariant: a table that nobody published (a store that was emptied) replaces nothing:
// who has read one goes on with it.
import type { Cancel } from '../../model/clock.ts';
import type { RedisBus } from './bus.ts';
import { answerOf } from './failures.ts';
import { keyOf, type Fence, type RedisLink } from './link.ts';
import { fencedScriptOf } from './script.ts';

/** Tells a table without rows from one that was never published. */
const PUBLISHED = '#term';

const REPLACE = `
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[2], '${PUBLISHED}', ARGV[1])
for at = 3, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[at], ARGV[at + 1]) end
redis.call('PUBLISH', ARGV[2], '')`;

export type TableName = 'runtimes' | 'targets';
type Rows = ReadonlyMap<string, string>;

// ARGV: the channel, how many rows go, their names, then name and text of each that is set.
const UPDATE = `
local gone = tonumber(ARGV[3])
for at = 4, 3 + gone do redis.call('HDEL', KEYS[2], ARGV[at]) end
for at = 4 + gone, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[at], ARGV[at + 1]) end
redis.call('PUBLISH', ARGV[2], '')`;

export interface TablePublisher {
  /** Replaces the table in one step. */
  replace(rows: Rows): Promise<void>;
  /** Sets some rows and takes others away. */
  update(rows: Rows, gone: readonly string[]): Promise<void>;
}

export function tablePublisher(link: RedisLink, fence: Fence, table: TableName): TablePublisher {
  const replace = fencedScriptOf(link, fence, 'agentcubeReplaceTable', REPLACE);
  const update = fencedScriptOf(link, fence, 'agentcubeUpdateTable', UPDATE);
  const key = keyOf(link, table);
  return {
    async replace(rows) {
      await replace([key], key, ...[...rows].flat());
    },
    async update(rows, gone) {
      await update([key], key, `${gone.length}`, ...gone, ...[...rows].flat());
    },
  };
}

const readTable = async ({ client, ...link }: RedisLink, table: TableName): Promise<Rows | undefined> => {
  const all = await answerOf(client.hgetall(keyOf(link, table)));
  const { [PUBLISHED]: published, ...rows } = all;
  return published === undefined ? undefined : new Map(Object.entries(rows));
};

/** A message may be lost between the nodes of a Cluster without anybody noticing: look again this often (ms). */
const LOOK_MS = 30_000;
const AGAIN_MS = 500;

export interface TableReaderDeps {
  readonly link: RedisLink;
  readonly bus: Pick<RedisBus, 'onMessage' | 'onGap'>;
  readonly table: TableName;
  /** Told of the whole table each time it was read. */
  readonly onRows: (rows: Rows) => void;
  readonly onFault: (fault: unknown) => void;
}

/** Keeps reading a table: at the start, when it was published, when messages may have been missed, and after a failure. */
export class TableReader {
  readonly #deps: TableReaderDeps;
  readonly #first = Promise.withResolvers<void>();
  #stops: readonly Cancel[] = [];
  #again: NodeJS.Timeout | undefined;
  #reading = false;
  #stale = false;

  constructor(deps: TableReaderDeps) {
    this.#deps = deps;
  }

  /** Resolves when Redis has answered once, also when nothing was published yet; goes on trying until then. */
  start(): Promise<void> {
    const { bus, table } = this.#deps;
    const look = () => void this.#read();
    const timer = setInterval(look, LOOK_MS).unref();
    this.#stops = [bus.onMessage(table, look), bus.onGap(look), () => clearInterval(timer)];
    look();
    return this.#first.promise;
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    clearTimeout(this.#again);
    this.#stops = [];
    this.#first.resolve();
  }

  async #read(): Promise<void> {
    this.#stale = true;
    if (this.#reading) return;
    this.#reading = true;
    clearTimeout(this.#again);
    try {
      // What changes while it is being read is read again.
      while (this.#stale) await this.#readOnce();
      this.#first.resolve();
    } catch (fault) {
      this.#deps.onFault(fault);
      if (this.#stops.length > 0) this.#again = setTimeout(() => void this.#read(), AGAIN_MS).unref();
    } finally {
      this.#reading = false;
    }
  }

  async #readOnce(): Promise<void> {
    this.#stale = false;
    const rows = await readTable(this.#deps.link, this.#deps.table);
    if (rows && this.#stops.length > 0) this.#deps.onRows(rows);
  }
}
