// Owns: the Lua of leases. S2: they are fields of the session, so that granting one and `saveIfUnleased` exclude each other.
// S6: a claim of another generation changes nothing. S7: activity and lease ends only grow.
import type { CompatLua } from './compat.ts';
import { leaseValues } from './fragments.ts';
import { guarded } from './script.ts';

// id, holder, end, now
const acquire = `
local key, lease = P .. 's:' .. ARGV[3], 'l:' .. ARGV[4]
local s = redis.call('HMGET', key, 'st', 'g', lease)
local granted = s[1] == 'running'
if granted then redis.call('HSET', key, lease, longer(s[3], s[2], ARGV[5])) end
local all = redis.call('HGETALL', key)
if not granted then return {0, all} end
local now = tonumber(ARGV[6])
for i = 1, #all, 2 do
  local field, value = all[i], all[i + 1]
  if field ~= lease and string.sub(field, 1, 2) == 'l:' then
    local till = tonumber(string.sub(value, string.find(value, ' ', 1, true) + 1))
    if till <= now then redis.call('HDEL', key, field) end
  end
end
return {1, all}`;

// holder, end, then id, generation and activity of each claim
const renew = `
local lease, till, refused = 'l:' .. ARGV[3], ARGV[4], {}
for i = 5, #ARGV, 3 do
  local id, generation, at = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local key = P .. 's:' .. id
  local s = redis.call('HMGET', key, 'g', 'st', 'at', lease)
  if s[1] ~= generation then
    refused[#refused + 1] = id
  else
    local later = tonumber(at) > tonumber(s[3])
    if not later then at = s[3] end
    if s[2] == 'running' then
      redis.call('HSET', key, 'at', at, lease, longer(s[4], generation, till))
    else
      if later then redis.call('HSET', key, 'at', at) end
      refused[#refused + 1] = id
    end
    if later then tellWork(id, at) end
  end
end
return refused`;

// holder, then id, generation and activity of each claim
const release = `
local lease = 'l:' .. ARGV[3]
for i = 4, #ARGV, 3 do
  local id, generation, at = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local key = P .. 's:' .. id
  local s = redis.call('HMGET', key, 'g', 'at', lease)
  if s[1] == generation then
    if tonumber(at) > tonumber(s[2]) then
      redis.call('HSET', key, 'at', at)
      tellWork(id, at)
    end
    if s[3] and leaseEnd(s[3], generation) > 0 then redis.call('HDEL', key, lease) end
  end
end`;

/** The functions of leases. */
export const leaseScripts = ({ suffix, functions }: CompatLua) => ({
  acquire: guarded('Acquire', leaseValues, acquire),
  renew: guarded(`Renew${suffix}`, functions, leaseValues, renew),
  release: guarded(`Release${suffix}`, functions, leaseValues, release),
});
