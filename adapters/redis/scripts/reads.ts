// Owns: the Lua that finds sessions. One comes back as its string and the fields of its use; ../session-records.ts reads them.
// One run looks at no more than `chunk` sessions, so that nobody waits long for Redis behind it.
import { head } from './fragments.ts';
import { guarded } from './script.ts';

/** How many sessions one run of `list`, and entries one run of `entries`, looks at. */
export const chunk = 1000;

const one = `
local function one(id)
  return {redis.call('GET', P .. 's:' .. id) or '', redis.call('HGETALL', P .. 'u:' .. id)}
end`;

const get = `return one(ARGV[2])`;

const bySandbox = `
local place = redis.call('HGET', P .. 'sandboxes', ARGV[2])
if not place or string.sub(place, 1, 1) ~= 's' then return {'', {}} end
return one(string.sub(place, 2))`;

const due = `
local found = {}
for i, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'due', '-inf', ARGV[2], 'LIMIT', 0, ARGV[3])) do
  found[i] = one(id)
end
return found`;

// after, limit, |state|state|, kind, namespace, runtime; '' asks for nothing. Answers where to go on, '' at the end.
const list = `
local states, limit = ARGV[4], tonumber(ARGV[3])
local wanted = {ARGV[5], ARGV[6], ARGV[7]}
local anyRuntime = wanted[1] == '' and wanted[2] == '' and wanted[3] == ''
local function fits(text)
  if states ~= '' then
    local _, state = headOf(text)
    if not string.find(states, '|' .. state .. '|', 1, true) then return false end
  end
  if anyRuntime then return true end
  local runtime = {string.match(text, '^[^\\n]*\\n[^\\n]*\\n[^\\n]*\\n[^\\n]*\\n([^\\n]*)\\n([^\\n]*)\\n([^\\n]*)\\n')}
  for i = 1, 3 do
    if wanted[i] ~= '' and wanted[i] ~= runtime[i] then return false end
  end
  return true
end
local function before(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end
local function idsIn(name, after)
  local ids = {}
  for _, id in ipairs(redis.call('SMEMBERS', P .. 'ids:' .. name)) do
    if before(after, id) then ids[#ids + 1] = id end
  end
  table.sort(ids, before)
  return ids
end
local after, looked, found = ARGV[2], 0, {}
for _, name in ipairs(redis.call('ZRANGEBYLEX', P .. 'buckets', '[' .. string.sub(after, 1, 2), '+')) do
  for _, id in ipairs(idsIn(name, after)) do
    local text = redis.call('GET', P .. 's:' .. id)
    if text and fits(text) then found[#found + 1] = {text, redis.call('HGETALL', P .. 'u:' .. id)} end
    looked = looked + 1
    if #found >= limit or looked >= ${chunk} then return {id, found} end
  end
end
return {'', found}`;

/** The functions that find sessions; they are the same with and without AgentCube's keys. */
export const readScripts = {
  get: guarded('Get', one, get),
  bySandbox: guarded('BySandbox', one, bySandbox),
  due: guarded('Due', one, due),
  list: guarded('List', head, list),
} as const;
