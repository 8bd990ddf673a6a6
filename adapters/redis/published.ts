// A table that one leader publishes and everybody else reads from memory (table-reader.ts): one hash. What changed in it is told in
// the message itself, with a version that grows by one each time, so that readers need not read all of it again.
// Does not own what is in it. Invariant: a table that nobody published (a store that was emptied) replaces nothing:
// who has read one goes on with it.
import { answerOf } from './failures.ts';
import { keyOf, type Fence, type RedisLink } from './link.ts';
import { fencedScriptOf } from './script.ts';

/** Tells a table without rows from one that was never published: the writer's term, a space, and how often it was written. */
const PUBLISHED = '#term';

// A command of Redis takes no more arguments from a script than the stack of Lua holds.
const COMMON = `
local function inPortions(command, from, to)
  for at = from, to, 1000 do redis.call(command, KEYS[2], unpack(ARGV, at, math.min(at + 999, to))) end
end
local has = string.match(redis.call('HGET', KEYS[2], '${PUBLISHED}') or '', ' (%d+)$')
local version = ARGV[1] .. ' ' .. string.format('%d', (tonumber(has) or 0) + 1)
`;

// ARGV: the term, the channel, then name and text of each row.
const REPLACE = `${COMMON}
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[2], '${PUBLISHED}', version)
inPortions('HSET', 3, #ARGV)
redis.call('PUBLISH', ARGV[2], '')`;

// ARGV: the term, the channel, how many rows go, their names, then name and text of each that is set.
const UPDATE = `${COMMON}
local gone = tonumber(ARGV[3])
inPortions('HDEL', 4, 3 + gone)
redis.call('HSET', KEYS[2], '${PUBLISHED}', version)
inPortions('HSET', 4 + gone, #ARGV)
redis.call('PUBLISH', ARGV[2], version .. '\\n' .. table.concat(ARGV, '\\n', 3))`;

export type TableName = 'runtimes' | 'targets';
export type Rows = ReadonlyMap<string, string>;

export interface TablePublisher {
  /** Replaces the table in one step. */
  replace(rows: Rows): Promise<void>;
  /** Sets some rows and takes others away, in one step. No name or text may hold a line feed. */
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
      if (rows.size + gone.length > 0) await update([key], key, gone.length, ...gone, ...[...rows].flat());
    },
  };
}

export interface PublishedTable {
  /** Whose last writing this is; undefined when a program wrote it that does not count. */
  readonly version: string | undefined;
  readonly rows: Rows;
}

const counted = (published: string): string | undefined => (/ \d+$/.test(published) ? published : undefined);

/** All of it; undefined when nobody published it. */
export async function readTable(
  { client, ...link }: RedisLink,
  table: TableName,
): Promise<PublishedTable | undefined> {
  const { [PUBLISHED]: published, ...rows } = await answerOf(client.hgetall(keyOf(link, table)));
  if (published === undefined) return undefined;
  return { version: counted(published), rows: new Map(Object.entries(rows)) };
}

/** The version of what is there now; undefined as in `PublishedTable`, and when nobody published it. */
export async function versionOf(
  { client, ...link }: RedisLink,
  table: TableName,
): Promise<string | undefined> {
  return counted((await answerOf(client.hget(keyOf(link, table), PUBLISHED))) ?? '');
}

export interface TableUpdate {
  /** What has to be known for this to be all that changed. */
  readonly before: string;
  readonly version: string;
  readonly rows: Rows;
  readonly gone: readonly string[];
}

/** What a message says that changed; undefined when it only says that something did. */
export function readUpdate(text: string): TableUpdate | undefined {
  const [version = '', gone = '', ...lines] = text.split('\n');
  const { term, count } = /^(?<term>\d+) (?<count>\d+)$/.exec(version)?.groups ?? {};
  const names = Number(gone);
  const odd = (lines.length - names) % 2 !== 0;
  if (count === undefined || !/^\d+$/.test(gone) || names > lines.length || odd) return undefined;
  const rows = new Map<string, string>();
  for (let at = names; at < lines.length; at += 2) rows.set(lines[at] ?? '', lines[at + 1] ?? '');
  return { before: `${term} ${Number(count) - 1}`, version, rows, gone: lines.slice(0, names) };
}
