// Owns: carrying one request with `fetch`: in browsers and wherever a caller gives its own.
// Does not own: what is sent and what its answer means (client.ts). `fetch` does not say whether anything was sent, so a failure
// counts as sent unless its cause says otherwise; connecting and waiting for the answer share one time. Bodies go out whole.
import type { Body, Carrier, Exchange } from './exchange.ts';
import { answerTimeout, idleTimeout, isNeverStood, lost, unreachable } from './faults.ts';
import { joinBytes } from './read.ts';

async function bytesOf(body: Body | undefined): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (body === undefined) return undefined;
  if (body.kind === 'bytes') return new Uint8Array(body.bytes);
  const pieces: Uint8Array[] = [];
  for await (const piece of body.source) pieces.push(piece);
  return joinBytes(pieces);
}

/** Aborts when the caller does or when a time is up. */
class Ending {
  readonly controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(outer: AbortSignal | undefined) {
    this.#outer = outer;
    outer?.addEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => this.controller.abort(this.#outer?.reason);

  arm(afterMs: number, fault: () => Error): void {
    clearTimeout(this.#timer);
    if (afterMs > 0) this.#timer = setTimeout(() => this.controller.abort(fault()), afterMs);
  }

  disarm(): void {
    clearTimeout(this.#timer);
  }

  finish(): void {
    this.disarm();
    this.#outer?.removeEventListener('abort', this.#onAbort);
  }
}

function bodyOf(
  source: ReadableStream<Uint8Array> | null,
  ending: Ending,
  exchange: Exchange,
): ReadableStream<Uint8Array> {
  const { idleTimeoutMs } = exchange;
  const reader = source?.getReader();
  const { signal } = ending.controller;
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        ending.arm(idleTimeoutMs, () => idleTimeout(exchange, idleTimeoutMs));
        try {
          const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
          if (done || value === undefined) ending.finish();
          if (done || value === undefined) return controller.close();
          controller.enqueue(value);
        } catch (fault) {
          ending.finish();
          controller.error(signal.aborted ? signal.reason : lost(exchange, fault));
        } finally {
          ending.disarm();
        }
      },
      cancel: async () => {
        ending.finish();
        ending.controller.abort();
        await reader?.cancel().catch(() => undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

/** A carrier over this `fetch`. */
export const fetchCarrier =
  (call: typeof fetch): Carrier =>
  async (exchange) => {
    const { method, url, headers, connectTimeoutMs, answerTimeoutMs, signal: outer } = exchange;
    outer?.throwIfAborted();
    const body = await bytesOf(exchange.body);
    const ending = new Ending(outer);
    const { signal } = ending.controller;
    const patienceMs = answerTimeoutMs > 0 ? connectTimeoutMs + answerTimeoutMs : 0;
    ending.arm(patienceMs, () => answerTimeout(exchange, patienceMs));
    try {
      const init = { method, headers: { ...headers }, redirect: 'manual', signal } as const;
      const answer = await call(url, body === undefined ? init : { ...init, body });
      ending.disarm();
      return { status: answer.status, headers: answer.headers, body: bodyOf(answer.body, ending, exchange) };
    } catch (fault) {
      ending.finish();
      if (signal.aborted) throw signal.reason;
      throw isNeverStood(fault) ? unreachable(exchange, fault) : lost(exchange, fault);
    }
  };
