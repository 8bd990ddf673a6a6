// Owns: the Lua that finds sessions. A session comes back as the flat fields of its hash; ../session-records.ts reads them.
// One run looks at no more than `chunk` sessions, so that nobody waits long for Redis behind it.
import { guarded } from './script.ts';

/** How many sessions one run of `list`, and entries one run of `entries`, looks at. */
export const chunk = 1000;

const get = `return redis.call('HGETALL', P .. 's:' .. ARGV[3])`;

const bySandbox = `
local id = redis.call('HGET', P .. 'sandboxes', ARGV[3])
if not id then return {} end
return redis.call('HGETALL', P .. 's:' .. id)`;

const due = `
local found = {}
for i, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'due', '-inf', ARGV[3], 'LIMIT', 0, ARGV[4])) do
  found[i] = redis.call('HGETALL', P .. 's:' .. id)
end
return found`;

// after, limit, |state|state|, kind, namespace, runtime; '' asks for nothing. Answers where to go on, '' at the end.
const list = `
local wanted, limit = {ARGV[6], ARGV[7], ARGV[8]}, tonumber(ARGV[4])
local states = ARGV[5]
local unfiltered = states == '' and wanted[1] == '' and wanted[2] == '' and wanted[3] == ''
local function fits(key)
  if unfiltered then return true end
  local s = redis.call('HMGET', key, 'kind', 'ns', 'rt', 'st')
  for i = 1, 3 do
    if wanted[i] ~= '' and wanted[i] ~= s[i] then return false end
  end
  return states == '' or (s[4] and string.find(states, '|' .. s[4] .. '|', 1, true))
end
local from = ARGV[3] == '' and '-' or '(' .. ARGV[3]
local ids = redis.call('ZRANGEBYLEX', P .. 'ids', from, '+', 'LIMIT', 0, ${chunk})
local found, last = {}, ''
for i, id in ipairs(ids) do
  local key = P .. 's:' .. id
  if fits(key) then found[#found + 1] = redis.call('HGETALL', key) end
  if #found >= limit then return {id, found} end
  if i == ${chunk} then last = id end
end
return {last, found}`;

/** The functions that find sessions; they are the same with and without AgentCube's keys. */
export const readScripts = {
  get: guarded('Get', get),
  bySandbox: guarded('BySandbox', bySandbox),
  due: guarded('Due', due),
  list: guarded('List', list),
} as const;
