import { expect, test } from '@jest/globals';
import net from 'node:net';
import { isListening, listeningPorts } from './listening.ts';

test('only sockets that listen count, of either family', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue',
    '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000',
    '   1: 0100007F:1F91 0100007F:1F90 01 00000000:00000000',
    '   2: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 0',
  ].join('\n');
  expect(listeningPorts(table)).toEqual([8080, 80]);
});

test('a process in the shared network is seen to listen; none is seen in a network that no process has', async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as net.AddressInfo;
  expect(isListening([process.pid], port, false)).toBe(true);
  expect(isListening([process.pid], port, true)).toBe(false);
  await new Promise((resolve) => server.close(resolve));
  expect(isListening([process.pid], port, false)).toBe(false);
});
