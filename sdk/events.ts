// Owns: events as a client sends and watches them: CloudEvents in, dead letters, the stream of deliveries.
// Does not own: triggers, nor what handles an event. Stock AgentCube 0.1 has none of this.
import { DeadLetters, type EventName, type OfTrigger } from './dead-letters.ts';
import type { CallOptions, ConnectOptions } from './options.ts';
import { Client, jsonBody } from './transport/client.ts';
import { lines, parseJson } from './transport/read.ts';

/** A CloudEvent 1.0. Lower-case names beside these are extension attributes. */
export interface CloudEventInit {
  readonly type: string;
  /** Who sends it: a URI reference. */
  readonly source: string;
  /** Absent: a UUID. The same `source` and `id` mean the same event. */
  readonly id?: string | undefined;
  readonly specversion?: string | undefined;
  readonly subject?: string | undefined;
  /** RFC 3339. Absent: now. */
  readonly time?: string | undefined;
  readonly datacontenttype?: string | undefined;
  readonly dataschema?: string | undefined;
  /** JSON, text, or bytes. */
  readonly data?: unknown;
  readonly [extension: string]: unknown;
}

/** The platform has stored what was sent. */
export interface Sent {
  /** How many triggers took it; with 0 nobody did, and it is gone. */
  readonly deliveries: number;
  /** The ids that the events had, those that were made for them included. */
  readonly ids: readonly string[];
}

/** One try of one delivery. */
export interface Delivery {
  readonly at: string;
  readonly by: string;
  readonly trigger: string;
  readonly event: EventName;
  readonly tries: number;
  readonly hops: number;
  readonly sessionId?: string;
  /** again: it is tried again; untried: nothing was sent, for there was no room. */
  readonly result: 'delivered' | 'again' | 'untried' | 'givenUp';
  /** The status that was answered; 0 when nothing was. */
  readonly status: number;
  readonly reason?: string;
  readonly tookMs: number;
}

/** So many deliveries were not told, because the reader was too slow. */
export interface Missed {
  readonly missed: number;
}

export interface EventsOptions extends ConnectOptions {
  /** `default` when absent. */
  readonly namespace?: string | undefined;
  /** `default` when absent. */
  readonly broker?: string | undefined;
}

/**
 * Events of a namespace.
 *
 * @example
 * ```ts
 * import { Events } from 'agentcube';
 *
 * const events = new Events();
 * const { deliveries } = await events.send({
 *   type: 'com.example.issue.opened',
 *   source: '/my/repository',
 *   subject: 'issue/42',
 *   data: { title: 'Login fails' },
 * });
 * console.log(deliveries); // 1
 * ```
 */
export class Events {
  readonly deadLetters: DeadLetters;
  readonly #router: Client;
  readonly #control: Client;
  readonly #namespace: string;
  readonly #broker: string;

  constructor({ namespace = 'default', broker = 'default', ...connect }: EventsOptions = {}) {
    this.#router = new Client('router', connect);
    this.#control = new Client('control', connect);
    this.#namespace = `/v1/namespaces/${encodeURIComponent(namespace)}`;
    this.#broker = `${this.#namespace}/brokers/${encodeURIComponent(broker)}`;
    this.deadLetters = new DeadLetters(this.#control, this.#namespace);
  }

  /**
   * Resolves once it is stored. It is sent again where nobody knows whether it was stored, with the same id: a handler may see it
   * twice, as with any event.
   */
  send(event: CloudEventInit, options: CallOptions = {}): Promise<Sent> {
    const whole = structured(event);
    return this.#post(whole, [whole], 'application/cloudevents+json', options);
  }

  /** Stored whole or not at all. */
  sendBatch(events: readonly CloudEventInit[], options: CallOptions = {}): Promise<Sent> {
    const whole = events.map(structured);
    return this.#post(whole, whole, 'application/cloudevents-batch+json', options);
  }

  /** Each try of each delivery from now on, until `signal` aborts or the loop ends. */
  async *watch({ trigger, ...options }: OfTrigger & CallOptions = {}): AsyncGenerator<
    Delivery | Missed,
    void
  > {
    const only = trigger === undefined ? '' : `&trigger=${encodeURIComponent(trigger)}`;
    const path = `${this.#namespace}/deliveries?watch=1${only}`;
    const answer = await this.#control.call({
      ...asked('events.watch'),
      ...options,
      method: 'GET',
      path,
      idleTimeoutMs: 0,
    });
    for await (const line of lines(answer.body)) yield parseJson(line, 'events.watch') as Delivery | Missed;
  }

  async #post(
    body: unknown,
    events: readonly WholeEvent[],
    type: string,
    options: CallOptions,
  ): Promise<Sent> {
    const answer = await this.#router.call({
      ...asked('events.send'),
      ...options,
      ...jsonBody(body),
      method: 'POST',
      path: this.#broker,
      headers: { 'content-type': type },
    });
    await answer.body.cancel();
    const deliveries = Number(answer.headers.get('x-agentcube-deliveries') ?? '0');
    return { deliveries, ids: events.map(({ id }) => id) };
  }
}

type WholeEvent = Readonly<Record<string, unknown>> & { readonly id: string };

const fixed = { answerer: 'platform', additive: true, harmless: true } as const;
const asked = (feature: string) => ({ ...fixed, feature });

const base64 = (bytes: Uint8Array): string => {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
};

/** The event in the JSON form of CloudEvents 1.0, with what was left to the SDK. */
function structured(event: CloudEventInit): WholeEvent {
  const { data, ...attributes } = event;
  const given = Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
  const whole = { specversion: '1.0', id: crypto.randomUUID(), time: new Date().toISOString(), ...given };
  if (data === undefined) return whole;
  if (data instanceof Uint8Array) return { ...whole, data_base64: base64(data) };
  const type = typeof data === 'string' ? 'text/plain' : 'application/json';
  return { datacontenttype: type, ...whole, data };
}
