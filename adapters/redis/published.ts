// A table that one leader publishes and everybody else reads from memory (table-reader.ts): one hash. What changed in it is told in
// the message itself, with the version before it and the one after, so that readers need not read all of it again.
// Does not own what is in it. Invariants: a table that nobody published (a store that was emptied) replaces nothing: who has read one
// goes on with it. No two writings have the same version, whatever a replica that took over had not received.
import { randomUUID } from 'node:crypto';
import { answerOf } from './failures.ts';
import { keyOf, type Fence, type RedisLink } from './link.ts';
import { fencedScriptOf } from './script.ts';

/** Tells a table without rows from one that was never published. Holds its version: the writer's term, a space, and which writing it was. */
const PUBLISHED = '#term';

// A command of Redis takes no more arguments from a script than the stack of Lua holds.
const COMMON = `
local function inPortions(command, from, to)
  for at = from, to, 1000 do redis.call(command, KEYS[2], unpack(ARGV, at, math.min(at + 999, to))) end
end
local before = redis.call('HGET', KEYS[2], '${PUBLISHED}') or ''
local function isLate(version)
  local run, count = string.match(version, '^(.*)-(%d+)$')
  local lastRun, last = string.match(before, '^(.*)-(%d+)$')
  return run == lastRun and tonumber(last) > tonumber(count)
end
`;

// ARGV: the term, the channel, then name and text of each row; the version is one of them.
const REPLACE = `${COMMON}
if isLate(ARGV[4]) then return end
redis.call('DEL', KEYS[2])
inPortions('HSET', 3, #ARGV)
redis.call('PUBLISH', ARGV[2], '')`;

// ARGV: the term, the channel, how many rows go, their names, then as above.
const UPDATE = `${COMMON}
local gone = tonumber(ARGV[3])
if isLate(ARGV[5 + gone]) then return end
inPortions('HDEL', 4, 3 + gone)
inPortions('HSET', 4 + gone, #ARGV)
redis.call('PUBLISH', ARGV[2], before .. '\\n' .. table.concat(ARGV, '\\n', 3))`;

export type TableName = 'runtimes' | 'triggers' | 'targets';
export type Rows = ReadonlyMap<string, string>;

/** A writing that arrives after a later one changes nothing: nobody waits for it any more, and what it says is of yesterday. */
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
  const run = randomUUID().slice(0, 8);
  let writings = 0;
  const textsOf = (rows: Rows): string[] => {
    const version = `${fence.term} ${run}-${(writings += 1)}`;
    return [PUBLISHED, version, ...[...rows].flat()];
  };
  return {
    async replace(rows) {
      await replace([key], key, ...textsOf(rows));
    },
    async update(rows, gone) {
      if (rows.size + gone.length === 0) return;
      await update([key], key, gone.length, ...gone, ...textsOf(rows));
    },
  };
}

export interface PublishedTable {
  /** Whose last writing this is; undefined when a program wrote it that does not count. */
  readonly version: string | undefined;
  readonly rows: Rows;
}

const counted = (published: string): string | undefined => (/^\d+ ./.test(published) ? published : undefined);

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
  /** The version that has to be known for this to be all that changed. */
  readonly before: string;
  readonly version: string;
  readonly rows: Rows;
  readonly gone: readonly string[];
}

/** What a message says that changed; undefined when it only says that something did. */
export function readUpdate(text: string): TableUpdate | undefined {
  const [before = '', gone = '', ...lines] = text.split('\n');
  const names = Number(gone);
  const odd = (lines.length - names) % 2 !== 0;
  if (!counted(before) || !/^\d+$/.test(gone) || names > lines.length || odd) return undefined;
  const rows = new Map<string, string>();
  for (let at = names; at < lines.length; at += 2) rows.set(lines[at] ?? '', lines[at + 1] ?? '');
  const version = counted(rows.get(PUBLISHED) ?? '');
  rows.delete(PUBLISHED);
  return version === undefined ? undefined : { before, version, rows, gone: lines.slice(0, names) };
}
