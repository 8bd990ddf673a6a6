// Owns: the Lua that stores sessions by compare-and-set on their version. Everything is asked before anything is written,
// so that a refusal changes nothing. S1: a sandbox of another session is refused.
import type { CompatLua } from './compat.ts';
import { leaseValues, lookAgain, publish, sandboxes } from './fragments.ts';
import { guarded } from './script.ts';

// id, due, sandbox, body, version, generation, state, AgentCube's entry, its end, …
const named = `
local id, due, sandbox, body, version = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local generation, state, info, expires = ARGV[8], ARGV[9], ARGV[10], ARGV[11]
local key = P .. 's:' .. id`;

const create = `
local at = ARGV[12]
if redis.call('EXISTS', key) == 1 then return {'exists'} end
local owner = takenBy(sandbox, id)
if owner then return {'taken', owner} end
redis.call('HSET', key, 'body', body, 'v', version, 'g', generation, 'st', state, 'sb', sandbox, 'at', at,
  'kind', ARGV[13], 'ns', ARGV[14], 'rt', ARGV[15])
redis.call('ZADD', P .. 'ids', 0, id)
bindSandbox(sandbox, id)
lookAgain(id, due)
tell(id, info, expires, at)
publish(body)
return {'created'}`;

// An ended session keeps its sandbox's id, so that the sandbox is never taken for a new one.
const store = `
local function store(had, at)
  local owner = takenBy(sandbox, id)
  if owner then return {'taken', owner} end
  if sandbox == '' then sandbox = had end
  redis.call('HSET', key, 'body', body, 'v', version, 'g', generation, 'st', state, 'sb', sandbox)
  if sandbox ~= had then
    if had ~= '' then redis.call('HDEL', P .. 'sandboxes', had) end
    bindSandbox(sandbox, id)
  end
  lookAgain(id, due)
  tell(id, info, expires, at)
  publish(body)
  return {'saved'}
end`;

const save = `
local s = redis.call('HMGET', key, 'v', 'sb', 'at')
if s[1] ~= ARGV[12] then return {'conflict'} end
return store(s[2], s[3])`;

const saveIfUnleased = `
local now, idleSince = tonumber(ARGV[13]), tonumber(ARGV[14])
local s = redis.call('HMGET', key, 'v', 'sb', 'at', 'g')
if s[1] ~= ARGV[12] then return {'conflict'} end
if tonumber(s[3]) > idleSince then return {'leased'} end
local all = redis.call('HGETALL', key)
for i = 1, #all, 2 do
  if string.sub(all[i], 1, 2) == 'l:' and leaseEnd(all[i + 1], s[4]) > now then return {'leased'} end
end
return store(s[2], s[3])`;

const forget = `
local id = ARGV[3]
local key = P .. 's:' .. id
local s = redis.call('HMGET', key, 'st', 'sb')
if s[1] ~= 'ended' then return end
redis.call('DEL', key)
redis.call('ZREM', P .. 'ids', id)
redis.call('ZREM', P .. 'due', id)
if s[2] ~= '' then redis.call('HDEL', P .. 'sandboxes', s[2]) end
untell(id)`;

const postpone = `
if redis.call('HGET', P .. 's:' .. ARGV[3], 'v') == ARGV[4] then lookAgain(ARGV[3], ARGV[5]) end`;

const touch = `
local key = P .. 's:' .. ARGV[3]
local at = redis.call('HGET', key, 'at')
if at and tonumber(ARGV[4]) > tonumber(at) then
  redis.call('HSET', key, 'at', ARGV[4])
  tellWork(ARGV[3], ARGV[4])
end`;

/** The functions that write sessions. */
export const writeScripts = ({ suffix, functions }: CompatLua) => ({
  create: guarded(`Create${suffix}`, sandboxes, lookAgain, publish, functions, named, create),
  save: guarded(`Save${suffix}`, sandboxes, lookAgain, publish, functions, named, store, save),
  saveIfUnleased: guarded(
    `SaveIfUnleased${suffix}`,
    ...[sandboxes, lookAgain, publish, functions, leaseValues, named, store, saveIfUnleased],
  ),
  forget: guarded(`Forget${suffix}`, functions, forget),
  postpone: guarded('Postpone', lookAgain, postpone),
  touch: guarded(`Touch${suffix}`, functions, touch),
});
