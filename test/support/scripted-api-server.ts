// An API server whose answers a test writes itself: each request is matched to a handler, watches are streams that the test feeds.
// Owns sockets only; it knows nothing of Kubernetes' rules, for those are tested against a real one.
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ScriptedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly contentType: string | undefined;
  readonly body: unknown;
}

export interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, or text as it is. */
  readonly body?: unknown;
}

/** An open watch. */
export interface ScriptedWatch {
  readonly query: URLSearchParams;
  send(type: string, object: unknown): void;
  /** Ends it as a server does when its time is over. */
  end(): void;
  /** Breaks the connection. */
  cut(): void;
}

export interface ScriptedApiServer {
  readonly url: string;
  readonly requests: readonly ScriptedRequest[];
  /** Answers everything that is not a watch; may be replaced at any time. */
  answer: (request: ScriptedRequest) => ScriptedAnswer;
  /** Undefined lets watches open; an answer refuses them. */
  refuseWatches: ScriptedAnswer | undefined;
  /** The next watch that opens, or the newest that nobody took. */
  nextWatch(): Promise<ScriptedWatch>;
  /** Cuts every connection and takes no more. */
  close(): Promise<void>;
}

async function textOf(message: http.IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of message) text += String(chunk);
  return text;
}

const parsed = (text: string): unknown => (text === '' ? undefined : JSON.parse(text));

function write(response: http.ServerResponse, { status = 200, headers = {}, body }: ScriptedAnswer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body ?? {}));
}

function watchOf(response: http.ServerResponse, query: URLSearchParams): ScriptedWatch {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  return {
    query,
    send: (type, object) => void response.write(`${JSON.stringify({ type, object })}\n`),
    end: () => void response.end(),
    cut: () => void response.destroy(),
  };
}

class Server implements ScriptedApiServer {
  answer: (request: ScriptedRequest) => ScriptedAnswer;
  refuseWatches: ScriptedAnswer | undefined;
  readonly requests: ScriptedRequest[] = [];
  readonly #opened: ScriptedWatch[] = [];
  readonly #waiting: ((watch: ScriptedWatch) => void)[] = [];
  readonly #server: http.Server;

  constructor(answer: (request: ScriptedRequest) => ScriptedAnswer) {
    this.answer = answer;
    this.#server = http.createServer((message, response) => void this.#serve(message, response));
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  nextWatch(): Promise<ScriptedWatch> {
    const opened = this.#opened.shift();
    return opened ? Promise.resolve(opened) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(message: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { pathname: path, searchParams: query } = new URL(message.url ?? '/', 'http://server');
    const request: ScriptedRequest = {
      ...{ method: message.method ?? '', path, query },
      contentType: message.headers['content-type'],
      body: parsed(await textOf(message)),
    };
    this.requests.push(request);
    if (query.get('watch') !== 'true') write(response, this.answer(request));
    else if (this.refuseWatches !== undefined) write(response, this.refuseWatches);
    else this.#open(watchOf(response, query));
  }

  #open(watch: ScriptedWatch): void {
    const take = this.#waiting.shift();
    if (take) take(watch);
    else this.#opened.push(watch);
  }
}

export const scriptedApiServer = (
  answer: (request: ScriptedRequest) => ScriptedAnswer = () => ({ status: 404 }),
): Promise<ScriptedApiServer> => new Server(answer).listen();
