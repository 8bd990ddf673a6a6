// Which data directory the platform's sandboxes are in, remembered by a real Redis.
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { RedisConnection } from '../../adapters/redis/connection.ts';
import { homeKeyOf, settleHome } from '../../adapters/redis/home.ts';
import { connectTo } from '../support/redis-link.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';

const fence = { role: 'controller', term: 7 } as const;
const mine = { id: 'one', where: 'a:/var/lib/agentcube' };
const theirs = { id: 'two', where: 'b:/var/lib/agentcube' };

let server: RedisServer;
let connection: RedisConnection;
beforeAll(async () => {
  server = await startRedis();
  connection = connectTo({ addr: server.addr });
  await connection.firstAnswer();
});
afterAll(async () => {
  await connection.close();
  await server.close();
});
beforeEach(async () => {
  await server.cli('FLUSHALL');
  await server.cli('SET', '{agentcube}:term:controller', '7');
});

test('the first leader writes its own down, and whoever comes later is told that one', async () => {
  expect(await settleHome(connection.link, fence, mine)).toEqual(mine);
  expect(await settleHome(connection.link, fence, theirs)).toEqual(mine);
});

test('when somebody has removed it, the next leader settles', async () => {
  await settleHome(connection.link, fence, mine);
  await server.cli('DEL', homeKeyOf(connection.link));
  expect(await settleHome(connection.link, fence, theirs)).toEqual(theirs);
});

test('who does not lead settles nothing', async () => {
  const late = { ...fence, term: 6 };
  await expect(settleHome(connection.link, late, theirs)).rejects.toMatchObject({ code: 'NOT_LEADER' });
  expect(await settleHome(connection.link, fence, mine)).toEqual(mine);
});
