// Owns: the Lua that stores sessions by compare-and-set on their version. Everything is asked before anything is written,
// so that a refusal changes nothing. S1: a sandbox of another session is refused.
import type { CompatLua } from './compat.ts';
import { head, leaseValues, lookAgain, publish, remember, sandboxes } from './fragments.ts';
import { guarded } from './script.ts';

// id, due, sandbox, the session's head before and after it, body, created at, AgentCube's entry, its end, …
const named = `
local id, due, sandbox, body, created = ARGV[2], ARGV[3], ARGV[4], ARGV[7], ARGV[8]
local info, expires = ARGV[9], ARGV[10]
local key = P .. 's:' .. id
local function put(kept) redis.call('SET', key, ARGV[5] .. kept .. ARGV[6] .. body) end`;

const create = `
if redis.call('EXISTS', key) == 1 then return {'exists'} end
local owner = takenBy(sandbox, id)
if owner then return {'taken', owner} end
put(sandbox)
remember(id)
bindSandbox(sandbox, id)
lookAgain(id, due)
tell(id, info, expires, created)
publish(body)
return {'created'}`;

// An ended session keeps its sandbox's id, so that the sandbox is never taken for a new one.
const store = `
local text = redis.call('GET', key)
if not text then return {'conflict'} end
local generation, _, stored, had, began = headOf(text)
if stored ~= ARGV[11] then return {'conflict'} end
local function store()
  local owner = takenBy(sandbox, id)
  if owner then return {'taken', owner} end
  put(sandbox == '' and had or sandbox)
  if sandbox ~= '' and sandbox ~= had then
    if had ~= '' then redis.call('HDEL', P .. 'sandboxes', had) end
    bindSandbox(sandbox, id)
  end
  lookAgain(id, due)
  tell(id, info, expires, created)
  publish(body)
  return {'saved'}
end`;

const save = `
return store()`;

const saveIfUnleased = `
local now, idleSince = tonumber(ARGV[12]), tonumber(ARGV[13])
if tonumber(began) > idleSince then return {'leased'} end
local use = redis.call('HGETALL', P .. 'u:' .. id)
for i = 1, #use, 2 do
  if use[i] == 'at' then
    if tonumber(use[i + 1]) > idleSince then return {'leased'} end
  elseif leaseEnd(use[i + 1], generation) > now then
    return {'leased'}
  end
end
return store()`;

// As `store`, then holder and end of the lease.
const saveLeased = `
local answer = store()
if answer[1] ~= 'saved' then return answer end
local key, lease = P .. 'u:' .. id, 'l:' .. ARGV[12]
redis.call('HSET', key, lease, longer(redis.call('HGET', key, lease), string.match(ARGV[5], '^%d+'), ARGV[13]))
return answer`;

const forget = `
local id = ARGV[2]
local text = redis.call('GET', P .. 's:' .. id)
if not text then return end
local _, state, _, sandbox = headOf(text)
if state ~= 'ended' then return end
redis.call('DEL', P .. 's:' .. id, P .. 'u:' .. id)
local name = string.sub(id, 1, 2)
redis.call('SREM', P .. 'ids:' .. name, id)
if redis.call('EXISTS', P .. 'ids:' .. name) == 0 then redis.call('ZREM', P .. 'buckets', name) end
redis.call('ZREM', P .. 'due', id)
if sandbox ~= '' then redis.call('HDEL', P .. 'sandboxes', sandbox) end
untell(id)`;

const postpone = `
local text = redis.call('GET', P .. 's:' .. ARGV[2])
if text and select(3, headOf(text)) == ARGV[3] then lookAgain(ARGV[2], ARGV[4]) end`;

const touch = `
local id, at = ARGV[2], ARGV[3]
if redis.call('EXISTS', P .. 's:' .. id) == 0 then return end
local before = redis.call('HGET', P .. 'u:' .. id, 'at')
if before and tonumber(before) >= tonumber(at) then return end
redis.call('HSET', P .. 'u:' .. id, 'at', at)
tellWork(id, at)`;

/** The functions that write sessions. */
export const writeScripts = ({ suffix, functions }: CompatLua) => ({
  create: guarded(`Create${suffix}`, remember, head, sandboxes, lookAgain, publish, functions, named, create),
  save: guarded(`Save${suffix}`, head, sandboxes, lookAgain, publish, functions, named, store, save),
  saveIfUnleased: guarded(
    `SaveIfUnleased${suffix}`,
    ...[head, sandboxes, lookAgain, publish, functions, leaseValues, named, store, saveIfUnleased],
  ),
  saveLeased: guarded(
    `SaveLeased${suffix}`,
    ...[head, sandboxes, lookAgain, publish, functions, leaseValues, named, store, saveLeased],
  ),
  forget: guarded(`Forget${suffix}`, head, functions, forget),
  postpone: guarded('Postpone', head, lookAgain, postpone),
  touch: guarded(`Touch${suffix}`, functions, touch),
});
