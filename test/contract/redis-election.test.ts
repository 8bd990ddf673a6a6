// Elections, fences and the mark of a prepared store against a real Redis, also one that loses what it knew.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RedisConnection } from '../../adapters/redis/connection.ts';
import { redisLeaderElection } from '../../adapters/redis/election.ts';
import { redisPreparation } from '../../adapters/redis/preparation.ts';
import type { Bid, LeaderElection, Standing } from '../../model/leader-election.ts';
import { connectTo } from '../support/redis-link.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

let server: RedisServer;
let connection: RedisConnection;
let election: LeaderElection;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());
beforeEach(async () => {
  await server.cli('FLUSHALL');
  connection = connectTo({ addr: server.addr });
  await connection.firstAnswer();
  election = redisLeaderElection(connection.link);
});
afterEach(() => connection.close());

const bidOf = (holder: string, more: Partial<Bid> = {}): Bid => ({
  role: 'controller',
  holder,
  url: `http://${holder}`,
  ttlMs: 60_000,
  seenTerm: 0,
  beats: 0,
  ...more,
});
const leadOf = (standing: Standing): { term: number; beats: number } => {
  if (standing.kind !== 'leading') throw new Error('it follows');
  return standing;
};
const bid = (holder: string, more: Partial<Bid> = {}) => election.bid(bidOf(holder, more));
const lead = async (holder: string, more: Partial<Bid> = {}) => leadOf(await bid(holder, more));

describe('bids', () => {
  test('the first leads, the other follows and learns where it is', async () => {
    const { term, beats } = await lead('a');
    expect(beats).toBe(1);
    expect(await bid('b')).toEqual({
      kind: 'following',
      term,
      leader: { holder: 'a', url: 'http://a' },
    });
  });

  test('of many at once one leads', async () => {
    const standings = await Promise.all(Array.from({ length: 20 }, (_, n) => bid(`h${n}`)));
    expect(standings.filter(({ kind }) => kind === 'leading')).toHaveLength(1);
  });

  test('a leader keeps its term, and its bids are counted', async () => {
    const { term } = await lead('a');
    expect(await lead('a', { seenTerm: term, beats: 1 })).toMatchObject({ term, beats: 2 });
    // The answer to the second was lost: the store knows more than the leader.
    expect(await lead('a', { seenTerm: term, beats: 1 })).toMatchObject({ term, beats: 3 });
  });

  test('who leads no more by its own account leads anew', async () => {
    const { term } = await lead('a');
    expect((await lead('a', { seenTerm: term, beats: 0 })).term).toBeGreaterThan(term);
  });

  test('a lead that nobody renews ends by itself, and the next one has a higher term', async () => {
    const { term } = await lead('a', { ttlMs: 20 });
    let standing = await bid('b');
    await until(async () => (standing = await bid('b')).kind === 'leading');
    expect(leadOf(standing).term).toBeGreaterThan(term);
  });

  test('roles do not know of each other', async () => {
    await lead('a');
    await lead('b', { role: 'autoscaler' });
    expect(await bid('b')).toMatchObject({ kind: 'following' });
  });

  test('a lead that was given up is free; one of an older term is not touched', async () => {
    const { term } = await lead('a');
    await election.resign('controller', 'a', term - 1);
    await election.resign('controller', 'b', term);
    expect(await bid('b')).toMatchObject({ kind: 'following' });
    await election.resign('controller', 'a', term);
    expect((await lead('b')).term).toBeGreaterThan(term);
  });
});

const key = (name: string) => `{agentcube}:${name}`;

describe('a store that lost what it knew', () => {
  const prepare = async (term: number) =>
    redisPreparation(connection.link, { role: 'controller', term }).markPrepared();
  const prepared = () => redisPreparation(connection.link).prepared();

  test('is not prepared before somebody said so', async () => {
    expect(await prepared()).toBe(false);
    const { term } = await lead('a');
    await prepare(term);
    expect(await prepared()).toBe(true);
  });

  test('emptied: its leader gets a higher term, and so does another that never saw the old one', async () => {
    const { term } = await lead('a');
    await server.cli('FLUSHALL');
    const again = await lead('a', { seenTerm: term, beats: 1 });
    expect(again.term).toBeGreaterThan(term);
    await server.cli('FLUSHALL');
    expect((await lead('stranger')).term).toBeGreaterThan(again.term);
  });

  test('gone back to fewer bids of the same leader: a higher term, and not prepared any more', async () => {
    const { term } = await lead('a');
    await prepare(term);
    const old = await connection.link.client.dumpBuffer(key('leader:controller'));
    await lead('a', { seenTerm: term, beats: 1 });
    await lead('a', { seenTerm: term, beats: 2 });
    await connection.link.client.restore(key('leader:controller'), 60_000, old, 'REPLACE');
    expect((await lead('a', { seenTerm: term, beats: 3 })).term).toBeGreaterThan(term);
    expect(await prepared()).toBe(false);
  });

  test('gone back to an older term: a higher one than any that the bidder has seen', async () => {
    const { term } = await lead('a');
    await prepare(term);
    await election.resign('controller', 'a', term);
    expect((await lead('b', { seenTerm: term + 50 })).term).toBeGreaterThan(term + 50);
    expect(await prepared()).toBe(false);
  });

  test('started again: it may have lost its last moments, so its leader leads anew', async () => {
    const { term } = await lead('a');
    await prepare(term);
    await server.restart();
    await until(async () => (await connection.link.client.ping().catch(() => '')) === 'PONG');
    expect((await lead('a', { seenTerm: term, beats: 1 })).term).toBeGreaterThan(term);
    expect(await prepared()).toBe(false);
  });

  test('only its leader says that it is whole again', async () => {
    const { term } = await lead('a');
    await expect(prepare(term - 1)).rejects.toMatchObject({ code: 'NOT_LEADER' });
    await server.cli('FLUSHALL');
    await expect(prepare(term)).rejects.toMatchObject({ code: 'NOT_LEADER' });
    await expect(redisPreparation(connection.link).markPrepared()).rejects.toMatchObject({
      code: 'NOT_LEADER',
    });
  });
});
