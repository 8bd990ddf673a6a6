// Owns: the Lua of warm sandboxes. S1: one leaves once, and what a session has or had is not taken in again.
// A claim takes the sandbox out and makes the session in one run; Lua only puts the sandbox's text into the session's.
import type { CompatLua } from './compat.ts';
import { leavePool } from './fragments.ts';
import { chunk } from './reads.ts';
import { guarded } from './script.ts';

// A warm sandbox is one member of its pool's sorted set, `<sandbox id>\n<sandbox JSON>`, by when it was ready. What kind of
// sandboxes a pool has is kept once, in `pools`. Lua pays for each byte that passes through it.
// sandbox id, pool, member, ready at, runtime and revision as JSON
const offer = `
if redis.call('HSETNX', P .. 'sandboxes', ARGV[2], 'w' .. ARGV[5] .. ' ' .. ARGV[3]) == 0 then return end
redis.call('ZADD', P .. 'pool:' .. ARGV[3], ARGV[5], ARGV[4])
redis.call('HSET', P .. 'pools', ARGV[3], ARGV[6])`;

// id, pool, due, the session's head before and after the sandbox, its body before and after. Answers the sandbox, nothing when
// the pool is empty, 0 when the session exists. This is what a new session waits for: no function is defined, nothing is parsed.
const claim = `
local id, pool, due = ARGV[2], P .. 'pool:' .. ARGV[3], ARGV[4]
local oldest = redis.call('ZPOPMIN', pool)
local member = oldest[1]
if not member then return false end
local bucket = string.sub(id, 1, 2)
if redis.call('SADD', P .. 'ids:' .. bucket, id) == 0 then
  redis.call('ZADD', pool, oldest[2], member)
  return 0
end
redis.call('ZADD', P .. 'buckets', 0, bucket)
local stop = string.find(member, '\\n', 1, true)
local sandbox, text = string.sub(member, 1, stop - 1), string.sub(member, stop + 1)
local body = ARGV[7] .. text .. ARGV[8]
redis.call('HSET', P .. 'sandboxes', sandbox, 's' .. id)
redis.call('SET', P .. 's:' .. id, ARGV[5] .. sandbox .. ARGV[6] .. body)
if due ~= '' then redis.call('ZADD', P .. 'due', due, id) end
redis.pcall('PUBLISH', P .. 'sessions', body)`;

// Created at, AgentCube's entry before and after the sandbox, its end. The entry has the sandbox's members under its own names:
// all of `{"id":…,"name":…,"entryPoints":…}` but its braces, the word id, and its place, which comes last where there is one.
// No text in it can look like a member: its quotes are escaped.
const tellClaim = `
local last = (string.find(text, ',"place":', 1, true) or #text) - 1
tell(id, ARGV[10] .. '"sandboxId":' .. string.sub(text, 7, last) .. ARGV[11], ARGV[12], ARGV[9])`;

const claimed = `
return text`;

const withdraw = `return leavePool(ARGV[2])`;

// Whole pools in order of their names, after one of them: a pool that were read in pieces might lose one to whoever claims meanwhile.
// Answers where to go on, '' at the end. Names of pools that ran empty are thrown away here.
const entries = `
local names, found = redis.call('HKEYS', P .. 'pools'), {}
table.sort(names)
local count = 0
for _, name in ipairs(names) do
  if name > ARGV[2] then
    local members = redis.call('ZRANGE', P .. 'pool:' .. name, 0, -1, 'WITHSCORES')
    if #members == 0 then
      redis.call('HDEL', P .. 'pools', name)
    else
      found[#found + 1] = {redis.call('HGET', P .. 'pools', name), members}
    end
    count = count + #members
    if count >= 2 * ${chunk} then return {name, found} end
  end
end
return {'', found}`;

/** The functions of the warm pool. */
export const poolScripts = ({ suffix, functions }: CompatLua) => ({
  offer: guarded('Offer', offer),
  claim: guarded(`Claim${suffix}`, ...[claim, ...(suffix === '' ? [] : [functions, tellClaim]), claimed]),
  withdraw: guarded('Withdraw', leavePool, withdraw),
  entries: guarded('Entries', entries),
});
