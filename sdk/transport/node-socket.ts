// Owns: opening a WebSocket in Node with the package `ws`, which is loaded when the first one is opened: only it can send headers.
// Does not own: sessions, tokens, retries (socket.ts, client.ts).
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { WebSocket as Socket } from 'ws';
import { defaultConnectTimeoutMs, defaultTimeoutMs } from '../options.ts';
import { sessionHeader, type Call, type Client } from './client.ts';
import { answerTimeout, isNeverStood, lost, unreachable } from './faults.ts';
import { SocketQueue } from './socket-queue.ts';
import { tlsSettings } from './tls.ts';

interface Opened {
  readonly socket: SocketQueue;
  readonly sessionId: string | undefined;
}

function queueOf(socket: Socket): SocketQueue {
  const queue = new SocketQueue({
    protocol: () => socket.protocol,
    send: (data) => socket.send(data),
    close: (code, reason) => socket.close(code, reason),
  });
  socket.on('message', (data: Buffer, binary: boolean) =>
    queue.add(binary ? new Uint8Array(data) : data.toString()),
  );
  socket.on('close', (code: number, reason: Buffer) => queue.end(code, reason.toString()));
  return queue;
}

/** The answer of a server that opened no socket. */
function refused(client: Client, call: Call, response: IncomingMessage): Promise<Error> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(response.headers)) headers.set(name, String(value));
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      response.on('data', (piece: Buffer) => controller.enqueue(new Uint8Array(piece)));
      response.once('end', () => controller.close());
      response.once('error', (fault) => controller.error(fault));
    },
  });
  return client.failure({ status: response.statusCode ?? 0, headers, body }, call);
}

/** Resolves when it is open. Rejects with an AgentCubeError or the signal's reason. */
export async function openNodeSocket(
  client: Client,
  call: Call,
  headers: Readonly<Record<string, string>>,
  protocols: readonly string[],
): Promise<Opened> {
  const { WebSocket } = await import('ws');
  const { signal } = call;
  signal?.throwIfAborted();
  const { timeoutMs = defaultTimeoutMs, connectTimeoutMs = defaultConnectTimeoutMs, tls } = client.options;
  const patienceMs = (call.timeoutMs ?? timeoutMs) + connectTimeoutMs;
  const url = client.url(call.path);
  const asked = { url, sessionId: call.sessionId };
  const settings = { headers: { ...headers }, perMessageDeflate: false, ...tlsSettings(tls) };
  const socket = new WebSocket(url.replace(/^http/, 'ws'), [...protocols], settings);
  const queue = queueOf(socket);
  return new Promise((resolve, reject) => {
    const fail = (fault: Error): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      reject(fault);
      socket.terminate();
    };
    const onAbort = (): void => fail(signal?.reason as Error);
    const timer = setTimeout(() => fail(answerTimeout(asked, patienceMs)), patienceMs);
    let sessionId: string | undefined;
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.on('error', (fault) => fail(isNeverStood(fault) ? unreachable(asked, fault) : lost(asked, fault)));
    socket.once('upgrade', ({ headers: told }) => (sessionId = told[sessionHeader]?.toString()));
    socket.once('unexpected-response', (_: ClientRequest, response) => {
      void refused(client, call, response).then(fail);
    });
    socket.once('open', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      resolve({ socket: queue, sessionId });
    });
  });
}
