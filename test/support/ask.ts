// Requests as a test writes them, and answers with everything that went over the wire.
import http, { type IncomingHttpHeaders } from 'node:http';

export interface Question {
  readonly method?: string;
  readonly path: string;
  readonly headers?: http.OutgoingHttpHeaders | readonly string[];
  readonly body?: string | Buffer;
  readonly agent?: http.Agent;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly trailers: NodeJS.Dict<string>;
}

/** Sends headers and body and leaves the request open for the test: `request` may be written to, or destroyed. */
export function begin(
  port: number,
  { path, method = 'GET', headers = {}, agent }: Question,
): {
  readonly request: http.ClientRequest;
  readonly response: Promise<http.IncomingMessage>;
} {
  const options = { host: '127.0.0.1', port, path, method, headers, agent: agent ?? false };
  const request = http.request(options);
  const response = new Promise<http.IncomingMessage>((resolve, reject) => {
    request.on('response', resolve).on('error', reject);
  });
  response.catch(() => undefined);
  return { request, response };
}

/** The rest of an answer. Rejects when it breaks off. */
export async function whole(response: http.IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const { statusCode = 0, headers, trailers } = response;
  return { status: statusCode, headers, body: Buffer.concat(chunks).toString(), trailers };
}

/** One request, answered. */
export async function ask(port: number, question: Question): Promise<Reply> {
  const { request, response } = begin(port, question);
  request.end(question.body);
  return whole(await response);
}
