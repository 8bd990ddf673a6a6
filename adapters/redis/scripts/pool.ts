// Owns: the Lua of warm sandboxes. S1: one leaves once, and what a session has or had is not taken in again.
// A claim takes the sandbox out and makes the session in one run; Lua only puts the sandbox's text into the session's.
import type { CompatLua } from './compat.ts';
import { leavePool } from './fragments.ts';
import { chunk } from './reads.ts';
import { guarded } from './script.ts';

// A warm sandbox is one member of its pool's sorted set: `<sandbox id>\n<sandbox JSON>\n<the rest of its entry as JSON>`.
// sandbox id, pool, member, its place in `sandboxes`, ready at
const offer = `
if redis.call('HSETNX', P .. 'sandboxes', ARGV[3], ARGV[6]) == 0 then return end
redis.call('ZADD', P .. 'pool:' .. ARGV[4], ARGV[7], ARGV[5])
redis.call('SADD', P .. 'pools', ARGV[4])`;

// id, pool, due, the session's head before and after the sandbox, its body before and after. Answers the sandbox, nothing when
// the pool is empty, 0 when the session exists. This is what a new session waits for: no function is defined, nothing is parsed.
const claim = `
local id, pool, due = ARGV[3], P .. 'pool:' .. ARGV[4], ARGV[5]
local oldest = redis.call('ZPOPMIN', pool)
local member = oldest[1]
if not member then return false end
if redis.call('ZADD', P .. 'ids', 0, id) == 0 then
  redis.call('ZADD', pool, oldest[2], member)
  return 0
end
local first = string.find(member, '\\n', 1, true)
local second = string.find(member, '\\n', first + 1, true)
local sandbox, text = string.sub(member, 1, first - 1), string.sub(member, first + 1, second - 1)
local body = ARGV[8] .. text .. ARGV[9]
redis.call('HSET', P .. 'sandboxes', sandbox, 's' .. id)
redis.call('SET', P .. 's:' .. id, ARGV[6] .. sandbox .. ARGV[7] .. body)
if due ~= '' then redis.call('ZADD', P .. 'due', due, id) end
redis.pcall('PUBLISH', P .. 'sessions', body)`;

// Created at, AgentCube's entry before and after the sandbox, its end. The entry has the sandbox's members under its own names:
// all of `{"id":…,"name":…,"entryPoints":…}` but its braces and the word id.
const tellClaim = `
tell(id, ARGV[11] .. '"sandboxId":' .. string.sub(text, 7, -2) .. ARGV[12], ARGV[13], ARGV[10])`;

const claimed = `
return text`;

const withdraw = `return leavePool(ARGV[3])`;

// Whole pools in order of their names, after one of them: a pool that were read in pieces might lose one to whoever claims meanwhile.
// Answers where to go on, '' at the end. Names of pools that ran empty are thrown away here.
const entries = `
local names, found = redis.call('SMEMBERS', P .. 'pools'), {}
table.sort(names)
for _, name in ipairs(names) do
  if name > ARGV[3] then
    local members = redis.call('ZRANGE', P .. 'pool:' .. name, 0, -1)
    if #members == 0 then redis.call('SREM', P .. 'pools', name) end
    for _, member in ipairs(members) do found[#found + 1] = member end
    if #found >= ${chunk} then return {name, found} end
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
