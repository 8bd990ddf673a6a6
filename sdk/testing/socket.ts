// Owns: the caller's end of a WebSocket to an agent under test.
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { agentSocket } from '../agent/socket.ts';
import type { TestSocket } from './seen.ts';

/** Shakes hands over the connection; rejects with what the agent answered instead. */
export function openSocket(
  connection: Duplex,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<TestSocket> {
  const socket = new WebSocket(`ws://agent${path}`, { headers, createConnection: () => connection as never });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString('utf8') }));
  });
  const end = agentSocket(socket);
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(Object.assign(end, { closed })));
    socket.once('unexpected-response', (_request, answer) => {
      reject(new Error(`the agent answered ${answer.statusCode} instead of a WebSocket`));
      connection.destroy();
    });
    socket.on('error', reject);
  });
}
