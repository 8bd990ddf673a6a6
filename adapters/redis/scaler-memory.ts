// What scalers have learned, in one hash: the leading autoscaler writes it, and reads it in portions, so that Redis is never held up.
// Does not own what a row says.
import type { ScalerMemory } from '../../autoscaler/scaler-memory.ts';
import { answerOf } from './failures.ts';
import { keyOf, type Fence, type RedisLink } from './link.ts';
import { fencedScriptOf } from './script.ts';

/** Rows that one command writes, and that one reads, more or less. */
const ROWS_AT_ONCE = 500;

// ARGV: how many rows go, their names, then name and text of each that is set.
const SAVE = `
local gone = tonumber(ARGV[2])
if gone > 0 then redis.call('HDEL', KEYS[2], unpack(ARGV, 3, 2 + gone)) end
if #ARGV > 2 + gone then redis.call('HSET', KEYS[2], unpack(ARGV, 3 + gone)) end`;

const portionsOf = <T>(rows: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(rows.length / ROWS_AT_ONCE) }, (_, at) =>
    rows.slice(at * ROWS_AT_ONCE, (at + 1) * ROWS_AT_ONCE),
  );

async function load({ client, ...link }: RedisLink): Promise<ReadonlyMap<string, string>> {
  const rows = new Map<string, string>();
  let cursor = '0';
  do {
    // A row may come twice; one that changes meanwhile may be the old or the new.
    const [next, texts] = await answerOf(client.hscan(keyOf(link, 'scalers'), cursor, 'COUNT', ROWS_AT_ONCE));
    for (let at = 0; at + 1 < texts.length; at += 2) rows.set(texts[at] ?? '', texts[at + 1] ?? '');
    cursor = next;
  } while (cursor !== '0');
  return rows;
}

/** The memory that the leader of `fence` may change. A save of many rows that fails may have been done in part. */
export function redisScalerMemory(link: RedisLink, fence: Fence): ScalerMemory {
  const key = keyOf(link, 'scalers');
  const run = fencedScriptOf(link, fence, 'agentcubeSaveScalers', SAVE);
  return {
    load: () => load(link),
    async save(changed, gone) {
      for (const keys of portionsOf(gone)) await run([key], keys.length, ...keys);
      for (const rows of portionsOf([...changed])) await run([key], 0, ...rows.flat());
    },
  };
}
