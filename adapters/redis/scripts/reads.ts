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

const get = `return one(ARGV[3])`;

const bySandbox = `
local place = redis.call('HGET', P .. 'sandboxes', ARGV[3])
if not place or string.sub(place, 1, 1) ~= 's' then return {'', {}} end
return one(string.sub(place, 2))`;

const due = `
local found = {}
for i, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'due', '-inf', ARGV[3], 'LIMIT', 0, ARGV[4])) do
  found[i] = one(id)
end
return found`;

// after, limit, |state|state|, kind, namespace, runtime; '' asks for nothing. Answers where to go on, '' at the end.
const list = `
local states, limit = ARGV[5], tonumber(ARGV[4])
local wanted = {ARGV[6], ARGV[7], ARGV[8]}
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
local from = ARGV[3] == '' and '-' or '(' .. ARGV[3]
local ids = redis.call('ZRANGEBYLEX', P .. 'ids', from, '+', 'LIMIT', 0, ${chunk})
local found, last = {}, ''
for i, id in ipairs(ids) do
  local text = redis.call('GET', P .. 's:' .. id)
  if text and fits(text) then found[#found + 1] = {text, redis.call('HGETALL', P .. 'u:' .. id)} end
  if #found >= limit then return {id, found} end
  if i == ${chunk} then last = id end
end
return {last, found}`;

/** The functions that find sessions; they are the same with and without AgentCube's keys. */
export const readScripts = {
  get: guarded('Get', one, get),
  bySandbox: guarded('BySandbox', one, bySandbox),
  due: guarded('Due', one, due),
  list: guarded('List', head, list),
} as const;
