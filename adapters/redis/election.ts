// Who leads, decided by Redis in one script per bid: its clock ends a lead, its count of bids shows when it lost something.
// Does not own when to bid (model/elector.ts). Invariant: two leaders never have the same term, not even when Redis forgot
// all terms, because a new term is no less than the milliseconds of Redis' clock.
import type { Bid, LeaderElection, LeaderRole, Standing } from '../../model/leader-election.ts';
import { asStoreFailure } from './failures.ts';
import { keyOf, preparedKeyOf, termKeyOf, type RedisLink } from './link.ts';
import { scriptOf } from './script.ts';

/**
 * A store that may have lost writes makes the term grow: fewer bids or an older term than the bidder knows of, or another
 * process of Redis than the one that took the last bid (restarted, or a replica in its place that was behind).
 * Then the store counts as unprepared too, until the new leader has brought it together with the sandboxes.
 */
const BID = `
local lead, term, run, prepared = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local holder, url, ttl, seen, beats = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])

local has = redis.call('HMGET', lead, 'holder', 'url', 'term', 'beats')
if has[1] and has[1] ~= holder then return { 'following', tonumber(has[3]), has[1], has[2] } end

local info = redis.pcall('INFO', 'server')
local process = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
local before = redis.call('GET', run)
local stored = tonumber(redis.call('GET', term) or 0)
local known = tonumber(has[4] or 0)
local lost = stored < seen or (has[1] and known < beats) or (before and before ~= process)

if not lost and has[1] and beats > 0 and tonumber(has[3]) == stored then
  redis.call('HSET', lead, 'beats', known + 1, 'url', url)
  redis.call('PEXPIRE', lead, ttl)
  return { 'leading', stored, known + 1 }
end

local time = redis.call('TIME')
local mine = math.max(stored + 1, seen + 1, time[1] * 1000 + math.floor(time[2] / 1000))
if lost and prepared then redis.call('DEL', prepared) end
redis.call('SET', term, string.format('%.0f', mine))
redis.call('SET', run, process)
redis.call('DEL', lead)
redis.call('HSET', lead, 'holder', holder, 'url', url, 'term', string.format('%.0f', mine), 'beats', 1)
redis.call('PEXPIRE', lead, ttl)
return { 'leading', mine, 1 }`;

const RESIGN = `
local has = redis.call('HMGET', KEYS[1], 'holder', 'term')
if has[1] == ARGV[1] and has[2] == ARGV[2] then redis.call('DEL', KEYS[1]) end`;

const leadKeyOf = (link: RedisLink, role: LeaderRole): string => keyOf(link, 'leader', role);

function keysFor(link: RedisLink, role: LeaderRole): string[] {
  const keys = [leadKeyOf(link, role), termKeyOf(link, role), keyOf(link, 'run', role)];
  // Only the leading controller can prepare a store again.
  return role === 'controller' ? [...keys, preparedKeyOf(link)] : keys;
}

const standingOf = (answer: unknown): Standing => {
  const [kind, term, third, fourth]: readonly unknown[] = Array.isArray(answer) ? answer.map(String) : [];
  if (kind !== 'leading' && kind !== 'following') throw asStoreFailure(new Error('a bid has no such answer'));
  if (kind === 'leading') return { kind, term: Number(term), beats: Number(third) };
  return { kind: 'following', term: Number(term), leader: { holder: String(third), url: String(fourth) } };
};

/** Elections in the Redis of `link`; one connection may serve several roles. */
export function redisLeaderElection(link: RedisLink): LeaderElection {
  const bid = scriptOf(link, 'agentcubeBid', BID);
  const resign = scriptOf(link, 'agentcubeResign', RESIGN);
  return {
    async bid({ role, holder, url, ttlMs, seenTerm, beats }: Bid) {
      return standingOf(await bid(keysFor(link, role), holder, url, ttlMs, seenTerm, beats));
    },
    async resign(role, holder, term) {
      await resign([leadKeyOf(link, role)], holder, term);
    },
  };
}
