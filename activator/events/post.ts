// Sends an event to a URL: a dead letter sink outside of the platform. Does not own which event, nor whether it is sent again.
import type { EncodedEvent } from '../../model/event-queue.ts';
import type { Log } from '../lease-book.ts';
import type { PostEvent } from './dead-letters.ts';

/** How long a sink may take to answer (ms). */
const patienceMs = 30_000;

/** With the client that Node has. A redirect is an answer, and none that takes the event. */
export const createPost =
  (log: Log): PostEvent =>
  async (uri, { headers, body }: EncodedEvent, signal) => {
    try {
      const response = await fetch(uri, {
        method: 'POST',
        headers: headers.map(([name, value]): [string, string] => [name, value]),
        body: Uint8Array.from(body),
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]),
      });
      await response.body?.cancel();
      return response.status;
    } catch (fault) {
      log('a dead letter sink did not answer', { uri, fault });
      return 0;
    }
  };
