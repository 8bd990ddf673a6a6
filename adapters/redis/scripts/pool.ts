// Owns: the Lua of warm sandboxes. S1: one leaves once, and what a session has or had is not taken in again.
// A claim takes the sandbox out and makes the session in one run; Lua only puts the sandbox's text into the session's.
import type { CompatLua } from './compat.ts';
import { leavePool, publish } from './fragments.ts';
import { chunk } from './reads.ts';
import { guarded } from './script.ts';

// sandbox, entry, pool, ready at
const offer = `
if redis.call('HEXISTS', P .. 'sandboxes', ARGV[3]) == 1 then return end
if redis.call('HSETNX', P .. 'warm', ARGV[3], ARGV[4]) == 0 then return end
redis.call('ZADD', P .. 'pool:' .. ARGV[5], ARGV[6], ARGV[3])`;

// An entry that a session has already (the pool was restored from an older copy of the data) is thrown away, not handed out.
const claim = `
local id, pool = ARGV[3], P .. 'pool:' .. ARGV[4]
local key = P .. 's:' .. id
if redis.call('EXISTS', key) == 1 then return {'exists'} end
local sandbox, entry
repeat
  sandbox = redis.call('ZPOPMIN', pool)[1]
  if not sandbox then return {'empty'} end
  entry = redis.call('HGET', P .. 'warm', sandbox)
  if entry then
    redis.call('HDEL', P .. 'warm', sandbox)
    if redis.call('HSETNX', P .. 'sandboxes', sandbox, id) == 0 then entry = false end
  end
until entry
local text = string.sub(entry, 1, string.find(entry, '\\n', 1, true) - 1)
local body = ARGV[5] .. text .. ARGV[6]
redis.call('HSET', key, 'body', body, 'v', ARGV[7], 'g', ARGV[8], 'st', ARGV[9], 'sb', sandbox, 'at', ARGV[10],
  'kind', ARGV[11], 'ns', ARGV[12], 'rt', ARGV[13])
redis.call('ZADD', P .. 'ids', 0, id)
if ARGV[14] ~= '' then redis.call('ZADD', P .. 'due', ARGV[14], id) end`;

// AgentCube's entry has the sandbox's members under its own names: `{"id":…,"name":…,"entryPoints":…}` without braces and id.
const tellClaim = `
tell(id, ARGV[15] .. string.sub(text, 7, -2) .. ARGV[16], ARGV[17], ARGV[10])`;

const claimed = `
publish(body)
return {'claimed', text}`;

const withdraw = `return leavePool(ARGV[3])`;

// Found by cursor: an entry that is there all the while is answered, perhaps twice.
const entries = `return redis.call('HSCAN', P .. 'warm', ARGV[3], 'COUNT', ${chunk})`;

/** The functions of the warm pool. */
export const poolScripts = ({ suffix, functions }: CompatLua) => ({
  offer: guarded('Offer', offer),
  claim: guarded(
    `Claim${suffix}`,
    ...[publish, claim, ...(suffix === '' ? [] : [functions, tellClaim]), claimed],
  ),
  withdraw: guarded('Withdraw', leavePool, withdraw),
  entries: guarded('Entries', entries),
});
