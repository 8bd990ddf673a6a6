import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { closeServer } from './draining.ts';

interface Served {
  readonly server: http.Server;
  readonly url: string;
  /** Answers the one request in hand. */
  readonly answer: () => void;
  /** Resolves when a request is in hand. */
  readonly arrived: Promise<void>;
}

async function served(): Promise<Served> {
  const arrived = Promise.withResolvers<void>();
  let answer = (): void => undefined;
  const server = http.createServer((_, response) => {
    answer = () => void response.end('done');
    arrived.resolve();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { server, url, answer: () => answer(), arrived: arrived.promise };
}

test('what is in hand is answered, and nothing new is taken', async () => {
  const { server, url, answer, arrived } = await served();
  const inHand = fetch(url);
  await arrived;
  const closed = closeServer(server, 60_000);
  await expect(fetch(url)).rejects.toThrow();
  answer();
  expect(await (await inHand).text()).toBe('done');
  await closed;
});

test('what is not answered in time is cut', async () => {
  const { server, url, arrived } = await served();
  const inHand = fetch(url);
  await arrived;
  const cut = expect(inHand).rejects.toThrow();
  await closeServer(server, 0);
  await cut;
});

test('a server that never listened, or is closed already, is no trouble', async () => {
  const { server } = await served();
  await closeServer(server, 1_000);
  await closeServer(server, 1_000);
  await closeServer(http.createServer(), 1_000);
});
