// Owns: dead letters of a namespace: list, look at, try again, drop. Does not own: what becomes one. Stock AgentCube 0.1 has none.
import type { CallOptions } from './options.ts';
import { jsonBody, type Client } from './transport/client.ts';

/** Which event a dead letter or a delivery is of. */
export interface EventName {
  readonly id: string;
  readonly source: string;
  readonly type: string;
}

/** An event that was given up. Times are RFC 3339, in UTC. */
export interface DeadLetter {
  readonly id: string;
  /** The name of its trigger. */
  readonly trigger: string;
  readonly event: EventName;
  readonly tries: number;
  /** How many replies led to it. */
  readonly hops: number;
  /** `code`: the status that was answered, 0 when nothing was; `data`: the beginning of it, or why there was none. */
  readonly error: { readonly dest: string; readonly code: number; readonly data: string };
  readonly cameAt: string;
  readonly buriedAt: string;
}

/** With the event as it came. */
export interface DeadLetterWithEvent extends DeadLetter {
  readonly message: {
    readonly mode: 'binary' | 'structured';
    readonly headers: readonly { readonly name: string; readonly value: string }[];
    readonly body?: string;
    readonly bodyBase64?: string;
  };
}

/** All of a trigger, or of every trigger. */
export interface OfTrigger {
  readonly trigger?: string | undefined;
}

export interface DeadLetterPageOptions extends CallOptions {
  readonly trigger?: string | undefined;
  /** At most so many, 1 to 1000; 100. */
  readonly limit?: number | undefined;
  /** The id that the page before ended with. */
  readonly after?: string | undefined;
}

export interface DeadLetterPage {
  readonly items: readonly DeadLetter[];
  /** `after` of the next page; absent on the last. */
  readonly continue?: string;
}

/** The dead letters of a namespace: `events.deadLetters`. */
export class DeadLetters {
  readonly #control: Client;
  readonly #base: string;

  /** Made by `Events`. @param namespace the path of the namespace. */
  constructor(control: Client, namespace: string) {
    this.#control = control;
    this.#base = `${namespace}/dead-letters`;
  }

  /** All, the oldest first, fetched page by page as they are asked for. */
  async *list(options: OfTrigger & CallOptions = {}): AsyncGenerator<DeadLetter, void> {
    for (let after: string | undefined; ;) {
      const page = await this.page({ ...options, after });
      yield* page.items;
      after = page.continue;
      if (after === undefined) return;
    }
  }

  /** One page of them. */
  page({ signal, timeoutMs, ...wanted }: DeadLetterPageOptions = {}): Promise<DeadLetterPage> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(wanted))
      if (value !== undefined) query.set(name, String(value));
    return this.#ask('GET', query.size > 0 ? `?${query.toString()}` : '', 'list', { signal, timeoutMs });
  }

  /** One with its event; rejects with DEAD_LETTER_NOT_FOUND. */
  get(id: string, options: CallOptions = {}): Promise<DeadLetterWithEvent> {
    return this.#ask('GET', `/${encodeURIComponent(id)}`, 'get', options);
  }

  /** Tries one again, as if it came now. */
  async replay(id: string, options: CallOptions = {}): Promise<number> {
    const path = `/${encodeURIComponent(id)}/replay`;
    return (await this.#ask<Settled>('POST', path, 'replay', options)).replayed ?? 0;
  }

  /** Tries all of a trigger again; how many there were. */
  async replayAll(trigger: string, options: CallOptions = {}): Promise<number> {
    const told = await this.#ask<Settled>('POST', '/replay', 'replayAll', options, { trigger });
    return told.replayed ?? 0;
  }

  /** Drops one. */
  async drop(id: string, options: CallOptions = {}): Promise<number> {
    const told = await this.#ask<Settled>('DELETE', `/${encodeURIComponent(id)}`, 'drop', options);
    return told.dropped ?? 0;
  }

  /** Drops all of a trigger; how many there were. */
  async dropAll(trigger: string, options: CallOptions = {}): Promise<number> {
    const path = `?trigger=${encodeURIComponent(trigger)}`;
    return (await this.#ask<Settled>('DELETE', path, 'dropAll', options)).dropped ?? 0;
  }

  async #ask<Told>(
    method: string,
    path: string,
    what: string,
    options: CallOptions,
    body?: object,
  ): Promise<Told> {
    const answer = await this.#control.call({
      feature: `events.deadLetters.${what}`,
      answerer: 'platform',
      additive: true,
      // To replay or drop twice finds nothing the second time, which would be told as if it never was there.
      harmless: method === 'GET',
      ...options,
      method,
      path: this.#base + path,
      ...(body && jsonBody(body)),
    });
    return (await answer.json()) as Told;
  }
}

interface Settled {
  readonly replayed?: number;
  readonly dropped?: number;
}
