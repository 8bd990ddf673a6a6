// Brokers on a real port, before a queue and triggers in memory: what is posted is found in the queue as it was stored.
// A test may have a queue of its own. There are no sessions.
import http, { type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EventIngress, type IngressConfig, type IngressCounter } from '../../activator/events/ingress.ts';
import { createRouter } from '../../activator/core/route.ts';
import { memoryEventStore } from '../../adapters/memory/event-store.ts';
import { memoryTriggers } from '../../adapters/memory/triggers.ts';
import { systemClock } from '../../adapters/system/clock.ts';
import type { DeployedTrigger } from '../../model/deployed-trigger.ts';
import type { EventStore, NewDelivery, Taken } from '../../model/event-queue.ts';
import { ask, type Question, type Reply } from './ask.ts';
import { until } from './until.ts';

export const minute = 60_000;

/** A trigger of the default broker that takes everything, unless the change says otherwise. */
export const triggerOf = (name: string, change: Partial<DeployedTrigger> = {}): DeployedTrigger => ({
  key: { namespace: 'default', name },
  revision: '1',
  broker: 'default',
  attributes: {},
  filters: [],
  target: { runtime: { kind: 'AgentRuntime', namespace: 'default', name: 'echo' }, path: '/' },
  session: { key: 'new', whenEnded: 'new' },
  delivery: {
    retry: 3,
    backoffPolicy: 'exponential',
    backoffDelayMs: 500,
    timeoutMs: minute,
    retryAfterMaxMs: null,
    ordered: true,
    concurrency: 10,
    dropRepeatsWithinMs: null,
  },
  ...change,
});

export const ingressLimits: IngressConfig = {
  maxEventBytes: 2 ** 20,
  maxBatchEvents: 1_000,
  maxBatchBytes: 10 * 2 ** 20,
  queue: { perTrigger: 1_000, total: 10_000 },
};

export interface IngressLabOptions {
  readonly triggers?: readonly DeployedTrigger[];
  readonly config?: Partial<IngressConfig>;
  /** Something of the queue that the test wants to be otherwise. */
  readonly store?: (store: EventStore) => EventStore;
}

export class IngressLab {
  readonly triggers = memoryTriggers();
  readonly store: EventStore;
  readonly ingress: EventIngress;
  readonly server: Server;
  readonly logged: string[] = [];
  /** What was counted, in order. */
  readonly counted: string[] = [];

  private constructor({ config, store }: IngressLabOptions) {
    const made = memoryEventStore();
    this.store = store?.(made) ?? made;
    const counter: IngressCounter = {
      accepted: (events, untaken) => this.counted.push(`accepted ${events}, untaken ${untaken}`),
      refused: (code) => this.counted.push(`refused ${code}`),
    };
    this.ingress = new EventIngress(
      {
        store: this.store,
        triggers: this.triggers,
        clock: systemClock,
        log: (message, { fault }) => this.logged.push(`${message}: ${String(fault)}`),
        counter,
      },
      { ...ingressLimits, ...config },
    );
    const route = createRouter(100);
    this.server = http.createServer();
    const answer: http.RequestListener = (req, res) => {
      const routed = route(req.method ?? 'GET', req.url ?? '/');
      if (routed.kind === 'events') this.ingress.handle(req, res, routed);
      else res.writeHead(404).end();
    };
    this.server.on('request', answer).on('checkContinue', answer);
  }

  static async start(options: IngressLabOptions = {}): Promise<IngressLab> {
    const lab = new IngressLab(options);
    if (options.triggers) await lab.triggers.publish(options.triggers);
    await new Promise<void>((resolve) => lab.server.listen(0, '127.0.0.1', resolve));
    return lab;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  url(path = '/v1/namespaces/default/events'): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  post(question: Omit<Question, 'path'> & { readonly path?: string }): Promise<Reply> {
    return ask(this.port, { method: 'POST', path: '/v1/namespaces/default/events', ...question });
  }

  /** Everything that waits for triggers of namespace default, taken out of the queue. */
  async take(...names: readonly string[]): Promise<readonly Taken[]> {
    const now = systemClock.now();
    const wants = new Map(names.map((name) => [`default/${name}`, 1_000]));
    const taken = await this.store.take({ holder: 'test', now, until: now + minute, wants });
    for (const { ticket } of taken) await this.store.settle(ticket, 'test', { kind: 'done' });
    return taken;
  }

  /** Until so many messages wait for the write that is under way. */
  waiting(messages: number): Promise<void> {
    return until(() => this.ingress.stats().waiting === messages);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** The text of a stored event's body. */
export const bodyText = ({ event }: Pick<NewDelivery, 'event'>): string => Buffer.from(event.body).toString();
