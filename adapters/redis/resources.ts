// Deployed objects in one hash, with the counter of their versions beside it. Each method is one script: one atomic operation.
// Only the leading controller writes them, so each write carries its fence. Does not own what an object means.
import type {
  ResourceChanged,
  ResourceKey,
  ResourceStore,
  StoredResource,
} from '../../controller/resource-store.ts';
import { asStoreFailure } from './failures.ts';
import { keyOf, type Fence, type RedisLink } from './link.ts';
import { fencedScriptOf, scriptOf } from './script.ts';

export interface RedisResourceStore extends ResourceStore {
  /** Puts a copy back over a store that is behind it; one whose counter is as high keeps what it has. */
  restore(rows: readonly StoredResource[], counter: number): Promise<void>;
}

// A row is its version, a space, and its text.
const PUT = `
local has = redis.call('HGET', KEYS[2], ARGV[2])
local expected = ARGV[4]
if expected == 'absent' and has then return 'exists' end
if expected ~= 'absent' and expected ~= 'any' then
  if not has then return 'missing' end
  if string.match(has, '^%d+') ~= expected then return 'conflict' end
end
local version = redis.call('INCR', KEYS[3])
redis.call('HSET', KEYS[2], ARGV[2], version .. ' ' .. ARGV[3])
return version`;

const REMOVE = `
local has = redis.call('HGET', KEYS[2], ARGV[2])
if not has then return 'missing' end
if ARGV[3] ~= 'any' and string.match(has, '^%d+') ~= ARGV[3] then return 'conflict' end
redis.call('HDEL', KEYS[2], ARGV[2])
return redis.call('INCR', KEYS[3])`;

const ALL = `return { redis.call('GET', KEYS[2]) or '0', redis.call('HGETALL', KEYS[1]) }`;

const RESTORE = `
if tonumber(redis.call('GET', KEYS[3]) or 0) >= tonumber(ARGV[2]) then return end
redis.call('DEL', KEYS[2])
for at = 3, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[at], ARGV[at + 1]) end
redis.call('SET', KEYS[3], ARGV[2])`;

const fieldOf = ({ kind, namespace, name }: ResourceKey): string => JSON.stringify([kind, namespace, name]);
const valueOf = ({ resourceVersion, json }: StoredResource): string => `${resourceVersion} ${json}`;

const resourceOf = (field: string, value: string): StoredResource => {
  const parts: unknown = JSON.parse(field);
  if (!Array.isArray(parts)) throw asStoreFailure(new Error(`${field} names no object`));
  const [kind, namespace, name] = parts.map(String);
  const space = value.indexOf(' ');
  return {
    kind: kind ?? '',
    namespace: namespace ?? '',
    name: name ?? '',
    json: value.slice(space + 1),
    resourceVersion: Number(value.slice(0, space)),
  };
};

const inOrder = (a: StoredResource, b: StoredResource): number => {
  for (const part of ['kind', 'namespace', 'name'] as const) {
    if (a[part] !== b[part]) return a[part] < b[part] ? -1 : 1;
  }
  return 0;
};

/** One of the words that a script may refuse with, or the version that it made. */
const changedOr = <const T extends string>(answer: unknown, words: readonly T[]): T | ResourceChanged =>
  words.find((word) => word === answer) ?? { resourceVersion: Number(answer) };

const listOf = (answer: unknown): readonly unknown[] => (Array.isArray(answer) ? answer : []);

const allOf = (answer: unknown): { resourceVersion: number; resources: StoredResource[] } => {
  const [counter, rows]: readonly unknown[] = listOf(answer);
  const texts = listOf(rows).map(String);
  const fields = texts.filter((_, at) => at % 2 === 0);
  const resources = fields.map((field, at) => resourceOf(field, texts[at * 2 + 1] ?? ''));
  return { resourceVersion: Number(counter), resources: resources.sort(inOrder) };
};

/** The objects that the leader of `fence` may change. */
export function redisResourceStore(link: RedisLink, fence: Fence): RedisResourceStore {
  const keys = [keyOf(link, 'resources'), keyOf(link, 'resources', 'counter')];
  const put = fencedScriptOf(link, fence, 'agentcubeResourcePut', PUT);
  const remove = fencedScriptOf(link, fence, 'agentcubeResourceRemove', REMOVE);
  const all = scriptOf(link, 'agentcubeResources', ALL);
  const restore = fencedScriptOf(link, fence, 'agentcubeResourcesRestore', RESTORE);
  return {
    async put(row, expected) {
      const answer = await put(keys, fieldOf(row), row.json, expected);
      return changedOr(answer, ['exists', 'missing', 'conflict']);
    },
    async remove(key, expected) {
      return changedOr(await remove(keys, fieldOf(key), expected ?? 'any'), ['missing', 'conflict']);
    },
    async all() {
      return allOf(await all(keys));
    },
    async restore(rows, counter) {
      await restore(keys, counter, ...rows.flatMap((row) => [fieldOf(row), valueOf(row)]));
    },
  };
}
