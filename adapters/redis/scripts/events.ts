// Owns: the Lua of the event queue. A delivery is an entry of its trigger's stream from its append until it is handled; the stream's group
// `d` says in whose hands it is (its pending list) and which are still to be looked at. Everything is asked before anything is written.
// E2: a lane's list holds its deliveries in order, and only the first of it is handed out.
// E3: whose a delivery is say consumer and count of its pending entry; each taking sets a count that no other taking has.
import type { RedisLink } from '../link.ts';
import { keyOf } from '../link.ts';
import { scriptOf } from '../script.ts';
import { withKeys } from './script.ts';

// Fields of an entry, in this order: lane (`=` and its text, or nothing), appended at, size, the rest as JSON, body.
const entries = `
local function text(number) return string.format('%.0f', number) end
local function tell(trigger) redis.pcall('PUBLISH', P .. 'events', trigger) end
local function put(trigger, seq, lane, at, size, json, body)
  redis.call('XADD', P .. 'e:q:' .. trigger, seq .. '-0', 'l', lane, 'a', at, 'z', size, 'h', json, 'b', body)
  if lane ~= '' then redis.call('RPUSH', P .. 'e:l:' .. lane, seq .. '\\n' .. at .. '\\n' .. trigger) end
end
local function open(trigger)
  if redis.call('EXISTS', P .. 'e:q:' .. trigger) == 0 then
    redis.call('XGROUP', 'CREATE', P .. 'e:q:' .. trigger, 'd', '0', 'MKSTREAM')
  end
end
local function allRead(trigger)
  return redis.call('HGET', P .. 'e:read', trigger) == redis.call('HGET', P .. 'e:last', trigger)
end`;

// Redis refuses a function when its memory is full only at its first write, if that may need memory. What empties the queue must go on.
const evenIfFull = `
redis.call('DEL', P .. 'e:none')`;

const removal = `
local function heldBy(trigger, seq)
  local pending = redis.pcall('XPENDING', P .. 'e:q:' .. trigger, 'd', seq .. '-0', seq .. '-0', 1)
  if pending.err then return nil end
  return pending[1]
end
local function advance(trigger, lane, element)
  local key = P .. 'e:l:' .. lane
  if redis.call('LINDEX', key, 0) ~= element then return redis.call('LREM', key, 1, element) end
  redis.call('LPOP', key)
  local follows = redis.call('LINDEX', key, 0)
  if not follows then return end
  local seq, at, its = string.match(follows, '^(%d+)\\n([^\\n]*)\\n(.*)$')
  if tonumber(seq) > tonumber(redis.call('HGET', P .. 'e:read', its) or '0') then return end
  redis.call('ZADD', P .. 'e:due:' .. its, at, seq)
  if its ~= trigger then tell(its) end
end
local function remove(trigger, seq, lane, at)
  redis.call('XDEL', P .. 'e:q:' .. trigger, seq .. '-0')
  redis.call('ZREM', P .. 'e:due:' .. trigger, seq)
  redis.call('HDEL', P .. 'e:tried', seq)
  redis.call('HINCRBY', P .. 'e:sums', 'waiting', -1)
  if lane ~= '' then advance(trigger, lane, seq .. '\\n' .. at .. '\\n' .. trigger) end
end
local function bury(trigger, seq, fields, at, why)
  local dead = text(redis.call('INCR', P .. 'e:seq'))
  local tries = string.match(redis.call('HGET', P .. 'e:tried', seq) or '0', '^%d+')
  redis.call('HSET', P .. 'e:x:' .. dead, 't', trigger, 'u', at, 'n', tries, 'e', why, unpack(fields))
  redis.call('ZADD', P .. 'e:dead:n:' .. string.match(trigger, '^[^/]*'), dead, dead)
  redis.call('ZADD', P .. 'e:dead:t:' .. trigger, dead, dead)
  remove(trigger, seq, fields[2], fields[4])
end`;

// The most of each trigger, in all, and in bytes, now, how many bodies, bodies, how many triggers, triggers, then of each delivery:
// trigger, lane, size, drop repeats within, what repeats have in common, JSON, body (trigger and body by their number).
const append = `
local now, bodies = ARGV[4], 5
local names = bodies + tonumber(ARGV[5]) + 1
local first = names + tonumber(ARGV[names]) + 1
local fresh, counts, seen, size, repeats = {}, {}, {}, 0, 0
local function seenKey(i) return P .. 'e:seen:' .. ARGV[names + tonumber(ARGV[i])] .. ':' .. ARGV[i + 4] end
local function isRepeat(i)
  local key = seenKey(i)
  if seen[key] then return true end
  seen[key] = true
  local came = redis.call('GET', key)
  return came and tonumber(now) - tonumber(came) < tonumber(ARGV[i + 3])
end
for i = first, #ARGV, 7 do
  if ARGV[i + 3] ~= '' and isRepeat(i) then
    repeats = repeats + 1
  else
    fresh[#fresh + 1] = i
    counts[ARGV[i]] = (counts[ARGV[i]] or 0) + 1
    size = size + tonumber(ARGV[i + 2])
  end
end
if #fresh == 0 then return {'stored', repeats} end
for number, count in pairs(counts) do
  local trigger = ARGV[names + tonumber(number)]
  if redis.call('XLEN', P .. 'e:q:' .. trigger) + count > tonumber(ARGV[1]) then return {'full', trigger} end
end
local sums = redis.call('HMGET', P .. 'e:sums', 'waiting', 'bytes')
if tonumber(sums[1] or '0') + #fresh > tonumber(ARGV[2]) then return {'full'} end
if ARGV[3] ~= '' and tonumber(sums[2] or '0') + size > tonumber(ARGV[3]) then return {'full'} end
local seq, last, told = redis.call('INCRBY', P .. 'e:seq', #fresh) - #fresh, {}, {}
for _, i in ipairs(fresh) do
  seq = seq + 1
  local trigger = ARGV[names + tonumber(ARGV[i])]
  if not last[trigger] then
    open(trigger)
    told[trigger] = allRead(trigger)
  end
  last[trigger] = text(seq)
  put(trigger, last[trigger], ARGV[i + 1], now, ARGV[i + 2], ARGV[i + 5], ARGV[bodies + tonumber(ARGV[i + 6])])
  if ARGV[i + 3] ~= '' then redis.call('SET', seenKey(i), now, 'PX', ARGV[i + 3]) end
end
redis.call('HINCRBY', P .. 'e:sums', 'waiting', #fresh)
redis.call('HINCRBY', P .. 'e:sums', 'bytes', size)
for trigger, number in pairs(last) do
  redis.call('HSET', P .. 'e:last', trigger, number)
  if told[trigger] then tell(trigger) end
end
return {'stored', repeats}`;

/** Entries that one run of \`take\` looks at, and of \`expire\`. */
const looked = 500;

// Now, until, holder, then trigger and how many of it. What came back (retries, ended holdings, the next of a lane) gets half of
// what is wanted, and all that is new leaves; of an odd number the one more goes to either in turn. Answers whether there is more to
// look at, and of each delivery its trigger, number, turn, tries and fields.
const take = `
local now, till, holder = ARGV[1], ARGV[2], ARGV[3]
local turn = redis.call('INCR', P .. 'e:turns') + 1
local found, unfinished, budget = {}, 0, ${looked}
local function hand(trigger, id, count, fields)
  local seq = string.match(id, '^%d+')
  redis.call('ZADD', P .. 'e:due:' .. trigger, till, seq)
  found[#found + 1] = {trigger, seq, text(count), redis.call('HGET', P .. 'e:tried', seq) or '', fields}
end
local function claim(trigger, due, from, to)
  for at = from, to do
    local id = due[at] .. '-0'
    local entry = redis.call('XCLAIM', P .. 'e:q:' .. trigger, 'd', holder, 0, id, 'RETRYCOUNT', turn, 'FORCE')[1]
    if entry then hand(trigger, id, turn, entry[2]) end
  end
end
local function isFirst(trigger, id, fields)
  if fields[2] == '' then return true end
  local element = string.match(id, '^%d+') .. '\\n' .. fields[4] .. '\\n' .. trigger
  return redis.call('LINDEX', P .. 'e:l:' .. fields[2], 0) == element
end
local function read(trigger, left)
  local q, last = P .. 'e:q:' .. trigger, nil
  while left > 0 and budget > 0 do
    local answer = redis.call('XREADGROUP', 'GROUP', 'd', holder, 'COUNT', math.min(left, budget), 'STREAMS', q, '>')
    if not answer then break end
    for _, entry in ipairs(answer[1][2]) do
      last, budget = entry[1], budget - 1
      if isFirst(trigger, last, entry[2]) then
        hand(trigger, last, 1, entry[2])
        left = left - 1
      else
        redis.call('XACK', q, 'd', last)
      end
    end
  end
  if last then redis.call('HSET', P .. 'e:read', trigger, string.match(last, '^%d+')) end
  return left
end
for i = 4, #ARGV, 2 do
  local trigger, left = ARGV[i], tonumber(ARGV[i + 1])
  if redis.call('EXISTS', P .. 'e:q:' .. trigger) == 1 then
    local due = redis.call('ZRANGEBYSCORE', P .. 'e:due:' .. trigger, '-inf', now, 'LIMIT', 0, left)
    local share = math.min(#due, math.floor((left + turn % 2) / 2))
    if allRead(trigger) then share = #due end
    claim(trigger, due, 1, share)
    left = left - share
    if not allRead(trigger) then left = read(trigger, left) end
    local more = math.min(left, #due - share)
    claim(trigger, due, share + 1, share + more)
    if left > more and not allRead(trigger) then unfinished = 1 end
  end
end
return {unfinished, found}`;

// Holder, until, then trigger, number and turn of each. Answers the places of those that are lost.
const renew = `
local lost = {}
for i = 3, #ARGV, 3 do
  local pending = heldBy(ARGV[i], ARGV[i + 1])
  if pending and pending[2] == ARGV[1] and pending[4] == tonumber(ARGV[i + 2]) then
    redis.call('ZADD', P .. 'e:due:' .. ARGV[i], ARGV[2], ARGV[i + 1])
  else
    lost[#lost + 1] = (i - 3) / 3
  end
end
return lost`;

// Holder, trigger, number, turn, what became of it, when, error
const settle = `
local holder, trigger, seq, kind, when, why = ARGV[1], ARGV[2], ARGV[3], ARGV[5], ARGV[6], ARGV[7]
local pending = heldBy(trigger, seq)
if not pending or pending[2] ~= holder or pending[4] ~= tonumber(ARGV[4]) then return 0 end
local q, id = P .. 'e:q:' .. trigger, seq .. '-0'
-- Needs no memory: after it a full Redis takes the rest.
redis.call('XACK', q, 'd', id)
if kind == 'again' or kind == 'untried' then
  redis.call('ZADD', P .. 'e:due:' .. trigger, when, seq)
  if kind == 'untried' then return 1 end
  local tries = tonumber(string.match(redis.call('HGET', P .. 'e:tried', seq) or '0', '^%d+')) + 1
  redis.call('HSET', P .. 'e:tried', seq, tries .. '\\n' .. why)
  return 1
end
local lane, at, size = ARGV[8], ARGV[9], ARGV[10]
if kind == 'done' then
  remove(trigger, seq, lane, at)
  redis.call('HINCRBY', P .. 'e:sums', 'bytes', -size)
else
  bury(trigger, seq, redis.call('XRANGE', q, id, id)[1][2], when, why)
end
return 1`;

// Trigger, before, now, error, after. Answers how many were buried, and after which to go on, nothing at the end.
const expire = `
local trigger, before, now, after = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[5]
local q, count = P .. 'e:q:' .. trigger, 0
if redis.call('EXISTS', q) == 0 then return {0, ''} end
if after == '' then
  local oldest = redis.call('XRANGE', q, '-', '+', 'COUNT', 1)[1]
  if not oldest or tonumber(oldest[2][4]) >= before then return {0, ''} end
end
local from = after == '' and '-' or '(' .. after
local found = redis.call('XRANGE', q, from, '+', 'COUNT', ${looked})
for _, entry in ipairs(found) do
  local seq, fields = string.match(entry[1], '^%d+'), entry[2]
  if tonumber(fields[4]) >= before then return {count, ''} end
  local ends = tonumber(redis.call('ZSCORE', P .. 'e:due:' .. trigger, seq) or '0')
  if ends <= now or not heldBy(trigger, seq) then
    redis.call('XACK', q, 'd', entry[1])
    bury(trigger, seq, fields, ARGV[3], ARGV[4])
    count = count + 1
  end
end
return {count, #found == ${looked} and found[#found][1] or ''}`;

// Triggers. Answers of each what waits, what is dead, and when the oldest was appended; forgets those of which there is nothing.
const backlog = `
local found = {}
for _, trigger in ipairs(ARGV) do
  local q = P .. 'e:q:' .. trigger
  local waiting, dead = redis.call('XLEN', q), redis.call('ZCARD', P .. 'e:dead:t:' .. trigger)
  if waiting == 0 and dead == 0 then
    redis.call('DEL', q)
    redis.call('HDEL', P .. 'e:last', trigger)
    redis.call('HDEL', P .. 'e:read', trigger)
  else
    local oldest = redis.call('XRANGE', q, '-', '+', 'COUNT', 1)[1]
    found[#found + 1] = {trigger, waiting, dead, oldest and oldest[2][4] or ''}
  end
end
return found`;

const parts = {
  append: [entries, append],
  take: [entries, evenIfFull, take],
  renew: [entries, removal, evenIfFull, renew],
  settle: [entries, removal, settle],
  expire: [entries, removal, expire],
  backlog: [backlog],
} as const;

/** Runs one function; rejects with STORE_UNAVAILABLE. */
export type EventRun = (...args: readonly (string | number | Buffer)[]) => Promise<unknown>;

/** Makes functions callable over a link, each by a name of its own. Texts in the answers are bytes. */
export function eventRunsOf<Name extends string>(
  link: RedisLink,
  functions: Readonly<Record<Name, readonly string[]>>,
): Readonly<Record<Name, EventRun>> {
  const keys = [keyOf(link, 'e', 'seq')];
  const runs = Object.entries<readonly string[]>(functions).map(([name, texts]): [string, EventRun] => {
    const lua = withKeys(texts.join('\n'), link);
    const script = scriptOf(link, `agentcubeEvents_${name}:${link.prefix}`, lua, 'bytes');
    return [name, (...args) => script(keys, ...args)];
  });
  return Object.fromEntries(runs) as Record<Name, EventRun>;
}

/** What the functions of the queue and of dead letters have in common. */
export const eventLua = { entries } as const;

/** The functions of the queue. */
export const queueRuns = (link: RedisLink) => eventRunsOf(link, parts);
