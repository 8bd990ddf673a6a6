// Owns: a WebSocket to an agent, the same in Node (package `ws`) and in a browser (the global one).
// Does not own: what is said over it. A browser cannot send headers, so there only a session of its own can be opened.
import { inNode } from './environment.ts';
import { AgentCubeError } from './errors.ts';
import type { CallOptions } from './options.ts';
import type { AgentSocket } from './transport/agent-socket.ts';
import { sessionHeader, withoutToken, type Call, type Client } from './transport/client.ts';
import { openNodeSocket } from './transport/node-socket.ts';
import { SocketQueue } from './transport/socket-queue.ts';

export interface SocketOptions extends CallOptions {
  readonly protocols?: readonly string[] | undefined;
}

export interface Opened {
  readonly socket: AgentSocket;
  /** Undefined in a browser, which does not show headers. */
  readonly sessionId: string | undefined;
}

/** Opens a socket, trying again where that is safe. Rejects as calls do. */
export async function openSocket(client: Client, call: Call, protocols: readonly string[]): Promise<Opened> {
  if (!inNode()) return openGlobalSocket(client, call, protocols);
  return client.repeating(call, async (next) => {
    const { headers, token } = await client.identity(next.signal);
    const all = { ...headers, ...(next.sessionId !== undefined && { [sessionHeader]: next.sessionId }) };
    return openNodeSocket(client, next, all, protocols).catch((fault: unknown) => {
      throw withoutToken(fault, token);
    });
  });
}

async function openGlobalSocket(client: Client, call: Call, protocols: readonly string[]): Promise<Opened> {
  const { token } = await client.identity(call.signal);
  if (call.sessionId !== undefined || token !== undefined) {
    const feature = 'a WebSocket with a session or a token';
    throw new AgentCubeError('NOT_SUPPORTED_HERE', `a browser cannot open ${feature}`, {
      feature,
      sessionId: call.sessionId,
      hint: 'Use events() with a session, or open the socket with `lazy` and no session.',
    });
  }
  const socket = new WebSocket(client.url(call.path).replace(/^http/, 'ws'), [...protocols]);
  socket.binaryType = 'arraybuffer';
  const queue = new SocketQueue({
    protocol: () => socket.protocol,
    send: (data) => socket.send(typeof data === 'string' ? data : new Uint8Array(data)),
    close: (code, reason) => socket.close(code, reason),
  });
  socket.addEventListener('message', ({ data }: { readonly data: string | ArrayBuffer }) =>
    queue.add(typeof data === 'string' ? data : new Uint8Array(data)),
  );
  socket.addEventListener('close', ({ code, reason }) => queue.end(code, reason));
  await opened(socket, call);
  return { socket: queue, sessionId: undefined };
}

function opened(socket: WebSocket, { signal }: Call): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      socket.close();
      reject(signal?.reason as Error);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.addEventListener('open', () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    socket.addEventListener('error', () =>
      reject(new AgentCubeError('CONNECTION_LOST', 'the socket could not be opened', { retryable: true })),
    );
  });
}
