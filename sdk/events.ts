// Owns: events as a client sends and watches them: CloudEvents in, dead letters, the stream of deliveries.
// Does not own: triggers, nor what handles an event. Stock AgentCube 0.1 has none of this.
import type { CallOptions, ConnectOptions } from './options.ts';

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

/** The dead letters of a namespace. */
export declare class DeadLetters {
  /** All, the oldest first, fetched page by page as they are asked for. */
  list(options?: { readonly trigger?: string | undefined } & CallOptions): AsyncIterableIterator<DeadLetter>;
  page(options?: DeadLetterPageOptions): Promise<DeadLetterPage>;
  get(id: string, options?: CallOptions): Promise<DeadLetterWithEvent>;
  /** Tries one again, as if it came now. */
  replay(id: string, options?: CallOptions): Promise<number>;
  /** Tries all of a trigger again; how many there were. */
  replayAll(trigger: string, options?: CallOptions): Promise<number>;
  /** Drops one. */
  drop(id: string, options?: CallOptions): Promise<number>;
  /** Drops all of a trigger; how many there were. */
  dropAll(trigger: string, options?: CallOptions): Promise<number>;
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
export declare class Events {
  constructor(options?: EventsOptions);
  readonly deadLetters: DeadLetters;
  /**
   * Resolves once it is stored. It is sent again where nobody knows whether it was stored, with the same id: a handler may see it
   * twice, as with any event.
   */
  send(event: CloudEventInit, options?: CallOptions): Promise<Sent>;
  /** Stored whole or not at all. */
  sendBatch(events: readonly CloudEventInit[], options?: CallOptions): Promise<Sent>;
  /** Each try of each delivery from now on, until `signal` aborts or the loop ends. */
  watch(
    options?: { readonly trigger?: string | undefined } & CallOptions,
  ): AsyncIterableIterator<Delivery | Missed>;
}
