// What a broker answers to requests that bring no event: the handshake of CloudEvents' web hooks (HTTP 1.1 Web Hooks 1.0.2,
// section 4.2), in the words of Knative's ingress, and methods that mean nothing. Does not own who may send.
import type { ServerResponse } from 'node:http';

const allow = { Allow: 'POST, OPTIONS' } as const;

/** Anybody may send, as fast as the queue takes it: too much is answered 429. */
export function answerHandshake(res: ServerResponse): void {
  const granted = { 'WebHook-Allowed-Origin': '*', 'WebHook-Allowed-Rate': '*' } as const;
  res.writeHead(200, { ...allow, ...granted, 'Content-Length': 0 });
  res.end();
}

export function answerOtherMethod(res: ServerResponse): void {
  res.writeHead(405, { ...allow, 'Content-Length': 0 });
  res.end();
}
