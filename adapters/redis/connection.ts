// The two connections of a program to its Redis: one for commands, one that listens. Both come back by themselves, for ever.
// Owns knowing whether Redis answers and takes writes. Does not own what is asked, nor what it means that it was away.
// Invariant: a command whose connection broke rejects and is never sent again; whether it was done is not known.
import { Cluster, Redis } from 'ioredis';
import { PlatformError } from '../../model/errors.ts';
import { anyNode } from './any-node.ts';
import { answerOf, asStoreFailure, isWrongSetting } from './failures.ts';
import { keyOf, type RedisLink } from './link.ts';
import { clusterOptions, singleOptions } from './options.ts';
import { addressesOf, type RedisSettings } from './settings.ts';

/** How often to ask when nobody else does (ms): a cut that nobody announces is noticed. */
const BEAT_MS = 1_000;
const ENDS_WITHIN_MS = 200;
const REOPENS_AFTER_MS = 100;

export interface RedisConnectionOptions {
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  /** Told each time Redis begins or ceases to answer, and when the reason changes. */
  readonly onState?: (up: boolean, why?: PlatformError) => void;
}

export interface RedisConnection {
  readonly link: RedisLink;
  /** For the bus alone: a listening connection takes no other commands. Connects when the bus starts. */
  readonly subscriber: Redis;
  /**
   * Resolves when Redis has answered and takes writes. Rejects when the settings must be corrected first (`details.reason`);
   * goes on trying as long as Redis is merely out of reach.
   */
  firstAnswer(): Promise<void>;
  close(): Promise<void>;
}

/** Begins to connect; never throws because Redis cannot be reached. */
export function openRedis(settings: RedisSettings, options: RedisConnectionOptions): RedisConnection {
  return new Connection(settings, options);
}

const openClient = (settings: RedisSettings): Redis | Cluster =>
  settings.mode === 'cluster'
    ? new Cluster([...addressesOf(settings)], clusterOptions(settings))
    : new Redis(singleOptions(settings));

function openSubscriber(settings: RedisSettings, client: Redis | Cluster): Redis {
  const options = singleOptions(settings);
  if (!(client instanceof Cluster)) return new Redis(options);
  const known = () => client.nodes('master').map(({ options: { host = '', port = 0 } }) => ({ host, port }));
  const nodes = () => [...known(), ...addressesOf(settings)];
  return new Redis({ ...options, Connector: anyNode(nodes, options) });
}

/**
 * ioredis gives up for ever when an attempt to connect is overtaken, as by a Sentinel that tells of a new master: a connection
 * that ended although nobody closed it is opened again.
 */
function keepOpen(client: Redis | Cluster, isClosed: () => boolean): void {
  const reopen = (): void => {
    if (!isClosed() && client.status === 'end') client.connect().catch(() => undefined);
  };
  client.on('end', () => setTimeout(reopen, REOPENS_AFTER_MS).unref());
}

/** Ends a connection for good; what was written is still sent. */
const gone = (client: Redis | Cluster): Promise<void> =>
  new Promise((resolve) => {
    client.once('end', () => resolve());
    client.disconnect();
    // Between two attempts there is nothing that could end, and nothing is told.
    setTimeout(resolve, ENDS_WITHIN_MS);
  });

class Connection implements RedisConnection {
  readonly link: RedisLink;
  readonly subscriber: Redis;
  readonly #options: RedisConnectionOptions;
  readonly #first = Promise.withResolvers<void>();
  readonly #beat: NodeJS.Timeout;
  #up = false;
  #why: PlatformError | undefined;
  /** Why the connection is about to close; that it closed says less. */
  #fault: unknown;
  #asking = false;
  #closed = false;

  constructor(settings: RedisSettings, options: RedisConnectionOptions) {
    this.#options = options;
    const client = openClient(settings);
    this.link = { client, prefix: `{${settings.keyPrefix}}` };
    this.subscriber = openSubscriber(settings, client);
    // Whoever does not ask for the first answer is not to be ended by it.
    this.#first.promise.catch(() => undefined);
    this.#beat = setInterval(() => this.#ask(), BEAT_MS).unref();
    client.on('ready', () => this.#ask());
    client.on('close', () => this.#hasClosed());
    client.on('error', (fault: Error) => this.#failed(fault));
    client.on('node error', (fault: Error) => this.#failed(fault));
    for (const one of [client, this.subscriber]) keepOpen(one, () => this.#closed);
    client.connect().catch((fault: unknown) => this.#failed(fault));
  }

  firstAnswer(): Promise<void> {
    return this.#first.promise;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#beat);
    this.#first.reject(new PlatformError('SHUTTING_DOWN', 'the connection to Redis was closed'));
    await Promise.all([gone(this.subscriber), gone(this.link.client)]);
  }

  /** A write that changes nothing: a replica refuses it, and so does a Redis that cannot keep what it is told. */
  #ask(): void {
    const { client } = this.link;
    if (this.#asking || client.status !== 'ready') return;
    this.#asking = true;
    answerOf(client.del(keyOf(this.link, 'probe')))
      .then(
        () => this.#isUp(),
        (fault: unknown) => (client.status === 'ready' ? this.#isDown(fault) : this.#hasClosed()),
      )
      .finally(() => (this.#asking = false));
  }

  #isUp(): void {
    if (this.#closed) return;
    this.#first.resolve();
    this.#fault = undefined;
    if (this.#up) return;
    this.#up = true;
    this.#why = undefined;
    this.#options.log('Redis answers', {});
    this.#options.onState?.(true);
  }

  /** Of the connection; it may be up all the same until it closes. */
  #failed(fault: unknown): void {
    const why = asStoreFailure(fault);
    this.#fault = fault;
    // Without its database it would go on in another one.
    if (why.details.reason === 'database') this.link.client.disconnect(true);
    if (!this.#up) this.#isDown(why);
  }

  /** Each attempt ends with this too, and then it is known already why. */
  #hasClosed(): void {
    if (this.#up || !this.#why) this.#isDown(this.#fault ?? new Error('Connection is closed.'));
  }

  #isDown(fault: unknown): void {
    if (this.#closed) return;
    const why = asStoreFailure(fault);
    if (isWrongSetting(why)) this.#first.reject(why);
    if (!this.#up && why.details.reason === this.#why?.details.reason) return;
    this.#up = false;
    this.#why = why;
    this.#options.log('Redis does not answer', { why: why.message, reason: why.details.reason });
    this.#options.onState?.(false, why);
  }
}
