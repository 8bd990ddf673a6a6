// A sandbox as the activator sees it: a real HTTP server on a unix socket that does what the test says and remembers what came.
import { createHash } from 'node:crypto';
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import net, { type Socket } from 'node:net';

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export interface ScriptedSandbox {
  readonly socketPath: string;
  /** The endpoint an entry point names. */
  readonly endpoint: string;
  readonly seen: Seen[];
  /** Connections that were accepted. */
  connections: number;
  /** What a request without a listener of its own is answered with. */
  listener: RequestListener;
  close(): Promise<void>;
}

/** Reads the body, remembers the request and answers with a small JSON text. */
function remember(sandbox: ScriptedSandbox, req: IncomingMessage, res: ServerResponse): void {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    const { method = '', url = '', headers, rawHeaders } = req;
    sandbox.seen.push({ method, url, headers, rawHeaders, body: Buffer.concat(chunks).toString() });
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify({ path: url }));
  });
}

/** Takes an upgrade up, remembers its request, and sends back whatever comes. */
function acceptUpgrade(sandbox: ScriptedSandbox, req: IncomingMessage, socket: Socket): void {
  const { method = '', url = '', headers, rawHeaders } = req;
  sandbox.seen.push({ method, url, headers, rawHeaders, body: '' });
  const key = `${req.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash('sha1').update(key).digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.on('error', () => {});
  socket.pipe(socket);
}

export async function scriptedSandbox(
  socketPath: string,
  listener?: RequestListener,
): Promise<ScriptedSandbox> {
  const server = http.createServer((req, res) => sandbox.listener(req, res));
  server.on('upgrade', (req: IncomingMessage, socket: Socket) => acceptUpgrade(sandbox, req, socket));
  const sandbox: ScriptedSandbox = {
    socketPath,
    endpoint: `unix://${socketPath}`,
    seen: [],
    connections: 0,
    listener: listener ?? ((req, res) => remember(sandbox, req, res)),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  server.on('connection', () => (sandbox.connections += 1));
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return sandbox;
}

/** A sandbox that speaks bytes: for answers that no HTTP library would write. `turn` counts connections from 0. */
export async function rawSandbox(
  socketPath: string,
  talk: (socket: Socket, turn: number) => void,
): Promise<{ close(): Promise<void> }> {
  const open = new Set<Socket>();
  let turn = 0;
  const server = net.createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {}).on('close', () => open.delete(socket));
    talk(socket, turn++);
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
