// Owns: HTTP to a server of this process without a port: two streams that are joined. The server is the one that agents run in a sandbox.
import { request, type IncomingMessage, type Server } from 'node:http';
import { nextTick } from 'node:process';
import { Duplex, Readable } from 'node:stream';

/** One end of a pair; what is written to it is read from the other. */
class End extends Duplex {
  #peer: End | undefined;
  #taken: (() => void) | undefined;

  constructor() {
    super({ allowHalfOpen: true });
  }

  join(peer: End): void {
    this.#peer = peer;
  }

  override _read(): void {
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.();
  }

  /** What is written arrives later, as with a socket: protocols do not expect an answer before they have asked. */
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    nextTick(() => {
      const peer = this.#peer;
      if (!peer || peer.destroyed) return done();
      if (peer.push(chunk)) done();
      else peer.#taken = done;
    });
  }

  override _final(done: () => void): void {
    this.#peer?.push(null);
    done();
  }

  override _destroy(fault: Error | null, done: (fault?: Error | null) => void): void {
    const peer = this.#peer;
    this.#taken?.();
    // As with a socket: the other side learns of it in a turn of its own.
    setImmediate(() => peer?.destroy());
    done(fault);
  }
}

/** Opens a connection to the server; the client's end. */
export function connect(server: Server): Duplex {
  const [client, agent] = [new End(), new End()];
  client.join(agent);
  agent.join(client);
  server.emit('connection', agent);
  return client;
}

/** What is asked. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: Uint8Array | ReadableStream<Uint8Array> | undefined;
  readonly signal: AbortSignal | undefined;
}

const bodiless: ReadonlySet<number> = new Set([101, 204, 205, 304]);

function responseOf(message: IncomingMessage): Response {
  const headers = new Headers();
  for (let i = 0; i < message.rawHeaders.length; i += 2)
    headers.append(message.rawHeaders[i] as string, message.rawHeaders[i + 1] as string);
  const status = message.statusCode ?? 500;
  const init = { status, statusText: message.statusMessage ?? '', headers };
  if (!bodiless.has(status)) return new Response(Readable.toWeb(message) as ReadableStream<Uint8Array>, init);
  message.resume();
  return new Response(null, init);
}

/** Asks the server. `onDone` is called once the answer was read, cut off, or there was none. */
export function ask(server: Server, call: Call, onDone: () => void): Promise<Response> {
  const connection = connect(server);
  connection.once('close', onDone);
  return new Promise((resolve, reject) => {
    const outgoing = request({
      createConnection: () => connection,
      method: call.method,
      path: call.path,
      headers: { host: 'agent', ...Object.fromEntries(call.headers) },
      ...(call.signal && { signal: call.signal }),
    });
    outgoing.on('response', (message) => {
      message.once('close', () => connection.destroy());
      resolve(responseOf(message));
    });
    outgoing.on('error', (fault) => {
      connection.destroy();
      reject(fault);
    });
    if (call.body instanceof ReadableStream)
      Readable.fromWeb(call.body as Parameters<typeof Readable.fromWeb>[0]).pipe(outgoing);
    else outgoing.end(call.body);
  });
}
