// One keep-alive connection, timed from writing the request to the end (or the first byte) of the answer.
import http from 'node:http';

export interface Target {
  /** 127.0.0.1 when not given. */
  readonly host?: string;
  readonly port?: number;
  readonly socketPath?: string;
}

export interface Ask {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  /** From sending to the first byte of the answer, and to its end (ms). */
  readonly firstByteMs: number;
  readonly endMs: number;
}

export interface Connection {
  ask(request: Ask): Promise<Answer>;
  close(): void;
}

const bodyOf = (json: unknown): Buffer | undefined =>
  json === undefined ? undefined : Buffer.from(JSON.stringify(json));

/** A client that keeps one connection to `target`. Its answers reject only when the connection fails. */
export function connect(target: Target): Connection {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const ask = ({ method = 'GET', path, headers = {}, json }: Ask): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const body = bodyOf(json);
      const jsonHeaders = body && {
        'content-type': 'application/json',
        'content-length': String(body.length),
      };
      const start = performance.now();
      const options = {
        host: '127.0.0.1',
        ...target,
        agent,
        method,
        path,
        headers: { ...headers, ...jsonHeaders },
      };
      const request = http.request(options, (response) => {
        const firstByteMs = performance.now() - start;
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
            firstByteMs,
            endMs: performance.now() - start,
          }),
        );
      });
      request.on('error', reject);
      request.end(body);
    });
  return { ask, close: () => agent.destroy() };
}
