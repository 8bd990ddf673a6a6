// Owns: the Lua of leases. S2: they are kept beside the session, so that granting one and `saveIfUnleased` exclude each other.
// S6: a claim of another generation changes nothing. S7: activity and lease ends only grow.
import type { CompatLua } from './compat.ts';
import { head, leaseValues } from './fragments.ts';
import { guarded } from './script.ts';

// id, holder, end, now
const acquire = `
local key, lease, now = P .. 'u:' .. ARGV[2], 'l:' .. ARGV[3], tonumber(ARGV[5])
local text = redis.call('GET', P .. 's:' .. ARGV[2])
if not text then return {0, '', {}} end
local generation, state = headOf(text)
if state ~= 'running' then return {0, text, redis.call('HGETALL', key)} end
redis.call('HSET', key, lease, longer(redis.call('HGET', key, lease), generation, ARGV[4]))
local use = redis.call('HGETALL', key)
for i = 1, #use, 2 do
  local field, value = use[i], use[i + 1]
  if field ~= 'at' and field ~= lease then
    local till = tonumber(string.sub(value, string.find(value, ' ', 1, true) + 1))
    if till <= now then redis.call('HDEL', key, field) end
  end
end
return {1, text, use}`;

// Most claims are of running sessions: those are told by the beginning of the session, the rest needs all of its head.
const standing = `
local function standing(id, generation)
  local running = generation .. ' running\\n'
  local key = P .. 's:' .. id
  if redis.call('GETRANGE', key, 0, #running - 1) == running then return 'running' end
  local text = redis.call('GET', key)
  if text and headOf(text) == generation then return 'asleep' end
  return 'gone'
end`;

// holder, end, then id, generation and activity of each claim
const renew = `
local lease, till, refused = 'l:' .. ARGV[2], ARGV[3], {}
for i = 4, #ARGV, 3 do
  local id, generation, at = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local key, now = P .. 'u:' .. id, standing(id, generation)
  if now ~= 'running' then refused[#refused + 1] = id end
  if now ~= 'gone' then
    local s = redis.call('HMGET', key, 'at', lease)
    local later = not s[1] or tonumber(at) > tonumber(s[1])
    if not later then at = s[1] end
    if now == 'running' then
      redis.call('HSET', key, 'at', at, lease, longer(s[2], generation, till))
    elseif later then
      redis.call('HSET', key, 'at', at)
    end
    if later then tellWork(id, at) end
  end
end
return refused`;

// holder, then id, generation and activity of each claim
const release = `
local lease = 'l:' .. ARGV[2]
for i = 3, #ARGV, 3 do
  local id, generation, at = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if standing(id, generation) ~= 'gone' then
    local key = P .. 'u:' .. id
    local s = redis.call('HMGET', key, 'at', lease)
    if not s[1] or tonumber(at) > tonumber(s[1]) then
      redis.call('HSET', key, 'at', at)
      tellWork(id, at)
    end
    if s[2] and leaseEnd(s[2], generation) > 0 then redis.call('HDEL', key, lease) end
  end
end`;

/** The functions of leases. */
export const leaseScripts = ({ suffix, functions }: CompatLua) => ({
  acquire: guarded('Acquire', head, leaseValues, acquire),
  renew: guarded(`Renew${suffix}`, functions, head, leaseValues, standing, renew),
  release: guarded(`Release${suffix}`, functions, head, leaseValues, standing, release),
});
