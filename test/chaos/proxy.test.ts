// The wire does what it is told; otherwise a chaos run would test less than it says.
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startProxy, type Proxy } from './proxy.ts';

let echo: Server;
let proxy: Proxy;
const clients: Socket[] = [];

beforeEach(async () => {
  echo = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
  await once(echo.listen(0, '127.0.0.1'), 'listening');
  proxy = await startProxy((echo.address() as AddressInfo).port);
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.close();
  echo.close();
});

function begin(): Socket {
  const socket = connect({ port: proxy.port, host: '127.0.0.1' }).on('error', () => undefined);
  clients.push(socket);
  return socket;
}

async function client(): Promise<Socket> {
  const socket = begin();
  await once(socket, 'connect');
  return socket;
}

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once('close', () => resolve()));

/** What comes back until there is as much as `expected`. */
async function received(socket: Socket, expected: string): Promise<string> {
  let text = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (text.length >= expected.length) break;
  }
  return text;
}

test('a whole wire carries both ways', async () => {
  const socket = await client();
  socket.write('ping');
  expect(await received(socket, 'ping')).toBe('ping');
});

test('a cut breaks what is connected and what connects, until it is mended', async () => {
  const before = await client();
  before.write('x');
  await received(before, 'x');
  proxy.set({ kind: 'cut' });
  await closed(before);
  await closed(begin());
  proxy.set({ kind: 'whole' });
  const after = await client();
  after.write('again');
  expect(await received(after, 'again')).toBe('again');
});

test('a held wire delivers nothing, and everything in order when it is mended', async () => {
  const socket = await client();
  proxy.set({ kind: 'held' });
  const arrived: string[] = [];
  echo.on('connection', (other: Socket) => other.on('data', (data) => arrived.push(String(data))));
  socket.write('one ');
  const late = await client();
  late.write('other');
  socket.write('two');
  expect(socket.bytesRead).toBe(0);
  expect(arrived).toEqual([]);
  proxy.set({ kind: 'whole' });
  expect(await received(socket, 'one two')).toBe('one two');
  expect(await received(late, 'other')).toBe('other');
});

test('a slow wire keeps the order when it becomes fast again', async () => {
  const socket = await client();
  proxy.set({ kind: 'slow', delayMs: 50 });
  socket.write('slow ');
  await sleep(10);
  proxy.set({ kind: 'slow', delayMs: 1 });
  socket.write('fast');
  expect(await received(socket, 'slow fast')).toBe('slow fast');
});

test('a server that does not listen is a connection that breaks', async () => {
  echo.close();
  await once(echo, 'close');
  await closed(begin());
});
