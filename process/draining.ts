// The end of an HTTP server: no new connection, what is in hand is answered, and the rest is cut when the time is over.
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const lookMs = 20;

/** Resolves when no connection is left, at the latest after `deadlineMs`. */
export async function closeServer(server: Server, deadlineMs: number): Promise<void> {
  let closed = false;
  server.close(() => (closed = true));
  const end = performance.now() + deadlineMs;
  while (!closed && performance.now() < end) {
    // A connection whose request was in hand becomes idle with its answer.
    server.closeIdleConnections();
    await sleep(lookMs);
  }
  server.closeAllConnections();
}
