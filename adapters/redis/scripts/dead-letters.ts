// Owns: the Lua of dead letters, and of which session a key means. A letter is a hash: trigger, when and why it was buried, tries, and the
// fields of the entry that it was; two sorted sets, of its namespace and of its trigger, hold its number.
import type { RedisLink } from '../link.ts';
import { eventLua, eventRunsOf } from './events.ts';

const forget = `
local function forget(dead, trigger)
  redis.call('DEL', P .. 'e:x:' .. dead)
  redis.call('ZREM', P .. 'e:dead:n:' .. string.match(trigger, '^[^/]*'), dead)
  redis.call('ZREM', P .. 'e:dead:t:' .. trigger, dead)
end`;

// Which set (`n:<namespace>` or `t:<trigger>`), after, how many
const dead = `
local found = {}
for i, number in ipairs(redis.call('ZRANGEBYSCORE', P .. 'e:dead:' .. ARGV[1], '(' .. ARGV[2], '+inf', 'LIMIT', 0, ARGV[3])) do
  found[i] = {number, redis.call('HGETALL', P .. 'e:x:' .. number)}
end
return found`;

const deadOne = `return redis.call('HGETALL', P .. 'e:x:' .. ARGV[1])`;

// Now, then their numbers
const replay = `
local count, told = 0, {}
for i = 2, #ARGV do
  local key = P .. 'e:x:' .. ARGV[i]
  local trigger, lane, size, json, body = unpack(redis.call('HMGET', key, 't', 'l', 'z', 'h', 'b'))
  if trigger then
    open(trigger)
    if allRead(trigger) then told[trigger] = true end
    local seq = text(redis.call('INCR', P .. 'e:seq'))
    put(trigger, seq, lane, ARGV[1], size, json, body)
    redis.call('HSET', P .. 'e:last', trigger, seq)
    redis.call('HINCRBY', P .. 'e:sums', 'waiting', 1)
    forget(ARGV[i], trigger)
    count = count + 1
  end
end
for trigger in pairs(told) do tell(trigger) end
return count`;

const drop = `
local count = 0
for _, number in ipairs(ARGV) do
  local trigger, size = unpack(redis.call('HMGET', P .. 'e:x:' .. number, 't', 'z'))
  if trigger then
    forget(number, trigger)
    redis.call('HINCRBY', P .. 'e:sums', 'bytes', -size)
    count = count + 1
  end
end
return count`;

// Trigger, before, most, consumers unseen for. Looks at a thousand at most; answers how many it forgot. Consumers that have nothing and
// were not seen for long are runs of programs that are no more.
const ageOut = `
local trigger, before, most, gone = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), 0
local q = P .. 'e:q:' .. trigger
if redis.call('EXISTS', q) == 1 then
  for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', q, 'd')) do
    local known = {}
    for i = 1, #consumer, 2 do known[consumer[i]] = consumer[i + 1] end
    if known.pending == 0 and known.idle >= tonumber(ARGV[4]) then
      redis.call('XGROUP', 'DELCONSUMER', q, 'd', known.name)
    end
  end
end
local all = redis.call('ZCARD', P .. 'e:dead:t:' .. trigger)
for _, number in ipairs(redis.call('ZRANGE', P .. 'e:dead:t:' .. trigger, 0, 999)) do
  local at, size = unpack(redis.call('HMGET', P .. 'e:x:' .. number, 'u', 'z'))
  if tonumber(at) >= before and all - gone <= most then return gone end
  forget(number, trigger)
  redis.call('HINCRBY', P .. 'e:sums', 'bytes', -size)
  gone = gone + 1
end
return gone`;

// Key, session, instead of which; '' is none
const bind = `
local bound = redis.call('HGET', P .. 'e:bound', ARGV[1])
if bound and (ARGV[3] == '' or bound ~= ARGV[3]) then return bound end
redis.call('HSET', P .. 'e:bound', ARGV[1], ARGV[2])
redis.call('HDEL', P .. 'e:ended', ARGV[1])
return ARGV[2]`;

// Cursor, about how many. Answers the next cursor, and of each key its session and when that was noted to have ended.
const bindings = `
local page = redis.call('HSCAN', P .. 'e:bound', ARGV[1], 'COUNT', ARGV[2])
local found = {}
for i = 1, #page[2], 2 do
  found[#found + 1] = {page[2][i], page[2][i + 1], redis.call('HGET', P .. 'e:ended', page[2][i]) or ''}
end
return {page[1], found}`;

// When, then of each its key and session
const noteEnded = `
for i = 2, #ARGV, 2 do
  if redis.call('HGET', P .. 'e:bound', ARGV[i]) == ARGV[i + 1] then redis.call('HSETNX', P .. 'e:ended', ARGV[i], ARGV[1]) end
end`;

// Of each its key and session; a key's lane is written with a sign before it
const forgetKeys = `
local gone = 0
for i = 1, #ARGV, 2 do
  local key = ARGV[i]
  if redis.call('HGET', P .. 'e:bound', key) == ARGV[i + 1] and redis.call('EXISTS', P .. 'e:l:' .. '=' .. key) == 0 then
    redis.call('HDEL', P .. 'e:bound', key)
    redis.call('HDEL', P .. 'e:ended', key)
    gone = gone + 1
  end
end
return gone`;

const strike = `
local last = redis.call('HGET', P .. 'e:struck', ARGV[1])
if last and tonumber(ARGV[2]) <= tonumber(last) then return 0 end
redis.call('HSET', P .. 'e:struck', ARGV[1], ARGV[2])
return 1`;

const lastStrike = `return redis.call('HGET', P .. 'e:struck', ARGV[1])`;

/** The functions of dead letters. */
export const deadLetterRuns = (link: RedisLink) =>
  eventRunsOf(link, {
    dead: [dead],
    deadOne: [deadOne],
    replay: [eventLua.entries, forget, replay],
    drop: [forget, drop],
    ageOut: [forget, ageOut],
  });

/** The functions of bindings. */
export const bindingRuns = (link: RedisLink) =>
  eventRunsOf(link, {
    bind: [bind],
    bindings: [bindings],
    noteEnded: [noteEnded],
    forgetKeys: [forgetKeys],
    strike: [strike],
    lastStrike: [lastStrike],
  });
