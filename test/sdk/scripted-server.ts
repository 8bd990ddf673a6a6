// A server that answers byte for byte what a test says, however wrong, and remembers what it was asked. Answers are given in their
// order, one for each request; the last one goes on for ever. Does not own: any of HTTP beyond finding where a request ends.
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface Heard {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Reply = (socket: Socket) => void;

const head = (status: number, headers: Readonly<Record<string, string | number>>): string =>
  `HTTP/1.1 ${status} Scripted\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;

/** A whole answer, as it should be. */
export const answer =
  (status: number, body: unknown = '', headers: Readonly<Record<string, string>> = {}): Reply =>
  (socket) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    socket.write(head(status, { 'content-length': Buffer.byteLength(text), ...headers }) + text);
  };

/** These bytes, and the connection stays. */
export const bytes =
  (text: string): Reply =>
  (socket) =>
    void socket.write(text);

/** These bytes, and the connection ends. */
export const cut =
  (text: string): Reply =>
  (socket) =>
    void socket.end(text);

/** The connection is reset at once. */
export const reset: Reply = (socket) => void socket.resetAndDestroy();

/** Nothing comes, ever. */
export const silence: Reply = () => undefined;

/** The head of an answer whose body is told by chunks. */
export const chunkedHead = (type: string, headers: Readonly<Record<string, string>> = {}): string =>
  head(200, { 'content-type': type, 'transfer-encoding': 'chunked', ...headers });

export const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

function parse(text: string): Heard | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [line = '', ...fields] = text.slice(0, end).split('\r\n');
  const [method = '', path = ''] = line.split(' ');
  const headers = Object.fromEntries(
    fields.map((field) => [
      field.slice(0, field.indexOf(':')).toLowerCase(),
      field.slice(field.indexOf(':') + 1).trim(),
    ]),
  );
  const body = text.slice(end + 4);
  const whole = headers['transfer-encoding'] ? true : body.length >= Number(headers['content-length'] ?? '0');
  return whole ? { method, path, headers, body } : undefined;
}

export class ScriptedServer {
  readonly heard: Heard[] = [];
  #replies: readonly Reply[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server = createServer((socket) => this.#take(socket));

  /** Answers from now on; what was heard is forgotten. */
  script(...replies: readonly Reply[]): void {
    this.#replies = replies;
    this.heard.length = 0;
  }

  async listen(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(socket: Socket): void {
    let text = '';
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
    socket.setEncoding('latin1').on('data', (piece: string) => {
      text += piece;
      const heard = parse(text);
      if (heard === undefined) return;
      text = '';
      this.heard.push(heard);
      const reply = this.#replies[this.heard.length - 1] ?? this.#replies.at(-1);
      reply?.(socket);
    });
  }
}
