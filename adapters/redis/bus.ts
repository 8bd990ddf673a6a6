// Messages between programs by Redis' publish and subscribe: that a session changed, wakes, recalls, and whatever else is
// named by a channel. A message may be lost whenever the connection was; then everybody who listens is told of a gap.
// Does not own publishing sessions: the store's scripts do that, together with the write.
// Invariant: after a time without a subscription a gap is told before any later message is relied upon.
import type { Redis } from 'ioredis';
import type { Cancel } from '../../model/clock.ts';
import type { LeaseRecallFeed, LeaseRecalls, SessionFeed, WakeFeed, Wakes } from '../../model/platform.ts';
import type { Session } from '../../model/session.ts';
import { answerOf, asStoreFailure } from './failures.ts';
import { keyOf, type RedisLink } from './link.ts';
import { readSession } from './messages.ts';
import { scriptOf, type Script } from './script.ts';

/** How often the listening connection is asked whether it lives (ms). */
const BEAT_MS = 1_000;
/** How long after a failure to try again (ms). */
const AGAIN_MS = 300;

// A script, because in a Cluster it goes to the node of its key, which is connected and publishes the sessions too.
const PUBLISH = `return redis.call('PUBLISH', KEYS[1], ARGV[1])`;

export type Channel =
  | 'sessions'
  | 'wakes'
  | 'recalls'
  | 'runtimes'
  | 'triggers'
  | 'targets'
  | 'events'
  | 'deliveries'
  | 'watchers'
  | 'gaps'
  | 'demand'
  | 'supply';

export interface RedisBus extends SessionFeed, Wakes, WakeFeed, LeaseRecalls, LeaseRecallFeed {
  /** Begins to listen; resolves when it does. Never rejects: it goes on trying until it is closed. */
  start(): Promise<void>;
  /** Tells every program to look again, until Redis has taken it. Returns at once. */
  announceGap(): void;
  /** Told of each message of a channel. Only channels that somebody listens to are subscribed. */
  onMessage(channel: Channel, listener: (text: string) => void): Cancel;
  /** Publishes on a channel that no script publishes on. Resolves when Redis took it, or did not; never rejects. */
  send(channel: Channel, text: string): Promise<void>;
  /** No listener is called any more. The connection is not closed. */
  close(): Promise<void>;
}

export interface BusConnection {
  readonly link: RedisLink;
  readonly subscriber: Redis;
}

export interface BusOptions {
  /** Told of what went wrong; nothing has to be done about it. */
  readonly onFault: (fault: unknown) => void;
}

/** Listens on `subscriber`, which nobody else may use; publishes on the link's connection. */
export function createRedisBus(connection: BusConnection, options: BusOptions): RedisBus {
  return new Bus(connection, options);
}

class Bus implements RedisBus {
  readonly #link: RedisLink;
  readonly #subscriber: Redis;
  readonly #publisher: Script;
  readonly #onFault: (fault: unknown) => void;
  readonly #listeners = new Map<string, Set<(text: string) => void>>();
  readonly #gaps = new Set<() => void>();
  readonly #started = Promise.withResolvers<void>();
  readonly #stops: Cancel[] = [];
  #lastFault = '';
  #closed = false;

  constructor({ link, subscriber }: BusConnection, { onFault }: BusOptions) {
    this.#link = link;
    this.#subscriber = subscriber;
    this.#publisher = scriptOf(link, 'agentcubePublish', PUBLISH);
    this.#onFault = onFault;
    this.onMessage('gaps', () => this.#tellGap());
  }

  start(): Promise<void> {
    const subscriber = this.#subscriber;
    const beat = setInterval(() => this.#stillThere(), BEAT_MS).unref();
    const onReady = () => void this.#subscribe([...this.#listeners.keys()]);
    const onText = (channel: string, text: string) => this.#tell(channel, text);
    const onError = (fault: Error) => this.#failed(fault);
    subscriber.on('ready', onReady).on('message', onText).on('error', onError);
    // The listener for errors stays: one without it prints.
    this.#stops.push(
      () => clearInterval(beat),
      () => subscriber.off('ready', onReady).off('message', onText),
    );
    if (subscriber.status === 'ready') onReady();
    else if (subscriber.status === 'wait') subscriber.connect().catch(onError);
    return this.#started.promise;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const stop of this.#stops) stop();
    this.#listeners.clear();
    this.#gaps.clear();
    this.#started.resolve();
  }

  subscribe(listener: (session: Session) => void): Cancel {
    return this.onMessage('sessions', (text) => {
      const session = readSession(text);
      if (session) listener(session);
      else this.#tellGap();
    });
  }

  onGap(listener: () => void): Cancel {
    this.#gaps.add(listener);
    return () => void this.#gaps.delete(listener);
  }

  wake(sessionId: string): void {
    this.#publish('wakes', sessionId).catch(this.#onFault);
  }

  onWake(listener: (sessionId: string) => void): Cancel {
    return this.onMessage('wakes', listener);
  }

  recall(sessionId: string): void {
    this.#publish('recalls', sessionId).catch(this.#onFault);
  }

  onRecall(listener: (sessionId: string) => void): Cancel {
    return this.onMessage('recalls', listener);
  }

  announceGap(): void {
    this.#publish('gaps', '').catch((fault: unknown) => {
      this.#onFault(fault);
      setTimeout(() => this.#closed || this.announceGap(), AGAIN_MS).unref();
    });
  }

  onMessage(channel: Channel, listener: (text: string) => void): Cancel {
    const name = keyOf(this.#link, channel);
    const known = this.#listeners.get(name);
    const listeners = known ?? new Set();
    listeners.add(listener);
    this.#listeners.set(name, listeners);
    if (!known && this.#subscriber.status === 'ready') void this.#subscribe([name]);
    return () => void listeners.delete(listener);
  }

  async send(channel: Channel, text: string): Promise<void> {
    await this.#publish(channel, text).catch(this.#onFault);
  }

  #publish(channel: Channel, text: string): Promise<unknown> {
    return this.#publisher([keyOf(this.#link, channel)], text);
  }

  async #subscribe(channels: readonly string[]): Promise<void> {
    try {
      await answerOf(this.#subscriber.subscribe(...channels));
      this.#lastFault = '';
      this.#tellGap();
      this.#started.resolve();
    } catch (fault) {
      this.#failed(fault);
      setTimeout(() => this.#startOver(), AGAIN_MS).unref();
    }
  }

  /** A subscription of which it is not known whether it holds is made anew, with its connection. */
  #startOver(): void {
    if (!this.#closed && this.#subscriber.status === 'ready') this.#subscriber.disconnect(true);
  }

  /** Subscribing again changes nothing and has to be answered: silence closes the connection. */
  #stillThere(): void {
    if (this.#subscriber.status !== 'ready') return;
    this.#subscriber.subscribe(keyOf(this.#link, 'gaps')).catch((fault: unknown) => {
      this.#failed(fault);
      this.#startOver();
    });
  }

  #failed(fault: unknown): void {
    const failure = asStoreFailure(fault);
    if (this.#closed || failure.message === this.#lastFault) return;
    this.#lastFault = failure.message;
    this.#onFault(failure);
  }

  #tell(channel: string, text: string): void {
    for (const listener of [...(this.#listeners.get(channel) ?? [])]) this.#safely(() => listener(text));
  }

  #tellGap(): void {
    for (const listener of [...this.#gaps]) this.#safely(listener);
  }

  /** A listener that throws does not keep the others from hearing. */
  #safely(run: () => void): void {
    try {
      run();
    } catch (fault) {
      this.#onFault(fault);
    }
  }
}
