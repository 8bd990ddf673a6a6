// One HTTP call to a node agent, whole: connect, ask, read. Every failure of the connection is NODE_UNREACHABLE.
// Does not own what an answer means.
import http from 'node:http';
import { PlatformError } from '../../model/errors.ts';

export interface NodeAnswer {
  readonly status: number;
  readonly body: string;
}

export interface NodeCall {
  readonly connections: http.Agent;
  readonly method: string;
  readonly url: string;
  readonly token: string;
  readonly body?: unknown;
  readonly timeoutMs: number;
}

const unreachable = (url: string, reason: string): PlatformError =>
  new PlatformError('NODE_UNREACHABLE', `the node agent at ${new URL(url).origin} does not answer`, {
    reason,
  });

/** A connection that was kept may have been closed by the other side just then: that says nothing of the agent. */
const wasStale = (request: http.ClientRequest, fault: NodeJS.ErrnoException): boolean =>
  request.reusedSocket && (fault.code === 'ECONNRESET' || fault.code === 'EPIPE');

function send(call: NodeCall, deadline: AbortSignal): Promise<NodeAnswer> {
  const text = call.body === undefined ? undefined : JSON.stringify(call.body);
  return new Promise((resolve, reject) => {
    const request = http.request(call.url, {
      agent: call.connections,
      method: call.method,
      signal: deadline,
      headers: {
        Authorization: `Bearer ${call.token}`,
        ...(text !== undefined && {
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(text),
        }),
      },
    });
    request.once('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => (body += part));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.once('error', reject);
    });
    request.on('error', (fault: NodeJS.ErrnoException) =>
      reject(wasStale(request, fault) ? new StaleConnection() : fault),
    );
    request.end(text);
  });
}

class StaleConnection extends Error {}

/** Resolves with any answer. Rejects with NODE_UNREACHABLE when none came in time. */
export async function ask(call: NodeCall): Promise<NodeAnswer> {
  const deadline = AbortSignal.timeout(call.timeoutMs);
  for (;;) {
    try {
      return await send(call, deadline);
    } catch (fault) {
      if (fault instanceof StaleConnection) continue;
      const reason = deadline.aborted ? `no answer within ${call.timeoutMs} ms` : (fault as Error).message;
      throw unreachable(call.url, reason);
    }
  }
}
