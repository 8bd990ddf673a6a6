// The series of ours that programs show at /metrics; docs/metrics.md lists them and a test keeps both in step.
// Counters and histograms are told of each event; gauges are read when somebody asks. Does not own what they count.
// Labels are bounded: a runtime's series are there while it is deployed, and no label ever holds an id or an address.
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { DemandCounter } from '../model/demand-tally.ts';
import type { RuntimeKey } from '../model/sandbox.ts';

/** From a millisecond (a claim) to AgentCube's longest wait for a sandbox. */
const waitBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
const startBuckets = [0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 30, 60, 120];
const roundBuckets = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

const seconds = (ms: number): number => Math.max(0, ms) / 1_000;

type How = Parameters<DemandCounter['opened']>[1];

/** Counts new sessions and how long they waited, and tells whoever counts them for the autoscaler. */
export class SessionMeter implements DemandCounter {
  readonly #beyond: DemandCounter | undefined;
  readonly #opened: Counter<'how'>;
  readonly #waited: Histogram;

  constructor(registry: Registry, beyond?: DemandCounter) {
    const registers = [registry];
    this.#beyond = beyond;
    this.#opened = new Counter({
      name: 'agentcube_sessions_opened_total',
      help: 'New sessions; how: claim (a sandbox was ready) or cold (one had to be started).',
      labelNames: ['how'],
      registers,
    });
    this.#waited = new Histogram({
      name: 'agentcube_session_wait_seconds',
      help: 'How long new sessions waited for their sandbox.',
      buckets: waitBuckets,
      registers,
    });
    for (const how of ['claim', 'cold'] satisfies How[]) this.#opened.inc({ how }, 0);
  }

  opened(runtime: RuntimeKey, how: How): void {
    this.#opened.inc({ how });
    this.#beyond?.opened(runtime, how);
  }

  served(runtime: RuntimeKey, waitedMs: number): void {
    this.#waited.observe(seconds(waitedMs));
    this.#beyond?.served(runtime, waitedMs);
  }
}

/** A start of a sandbox, for a pool or for a session that waits. */
interface EndedStart {
  readonly kind: 'warm' | 'cold';
  readonly tookMs: number;
  readonly failed: boolean;
}

/** Counts start-ups of sandboxes. */
export class StartMeter {
  readonly #took: Histogram<'how'>;
  readonly #failed: Counter<'how'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#took = new Histogram({
      name: 'agentcube_start_seconds',
      help: 'How long sandboxes took to be ready; how: warm (for a pool) or cold (for a session).',
      labelNames: ['how'],
      buckets: startBuckets,
      registers,
    });
    this.#failed = new Counter({
      name: 'agentcube_start_failures_total',
      help: 'Sandboxes that did not become ready; how as in agentcube_start_seconds.',
      labelNames: ['how'],
      registers,
    });
    for (const how of ['warm', 'cold']) this.#failed.inc({ how }, 0);
  }

  /** A start that ended. */
  readonly ended = ({ kind: how, tookMs, failed }: EndedStart): void => {
    if (failed) this.#failed.inc({ how });
    else this.#took.observe({ how }, seconds(tookMs));
  };
}

type Labels = Readonly<Record<string, string>>;
export type Row = readonly [Labels, number];

/**
 * A gauge without memory: its rows are read when somebody asks. prom-client keeps the text of `sharedLabels` for as long as the object
 * lives; labels that are the same object each time cost nothing again.
 */
export class LiveGauge extends Gauge {
  readonly #rows: () => readonly Row[];

  constructor(registry: Registry, name: string, help: string, rows: () => readonly Row[]) {
    super({ name, help, registers: [registry] });
    this.#rows = rows;
  }

  override async get() {
    const values = this.#rows().map(([sharedLabels, value]) => ({ labels: {}, sharedLabels, value }));
    return { ...(await super.get()), values };
  }
}

/** Shows the requests that an activator has in hand and those that wait. */
export function showRequests(
  registry: Registry,
  stats: () => { readonly inHand: number; readonly waiting: number },
): void {
  const inHand = 'Requests, streams and sockets that were forwarded and have not ended.';
  new LiveGauge(registry, 'agentcube_requests_in_flight', inHand, () => [[{}, stats().inHand]]);
  const waiting = 'Requests that wait for their sandbox.';
  new LiveGauge(registry, 'agentcube_requests_waiting', waiting, () => [[{}, stats().waiting]]);
}

/** Shows whether this process leads. */
export function showLead(registry: Registry, role: string, leads: () => boolean): void {
  const help = 'Whether this process leads (1) or stands by (0), by role.';
  new LiveGauge(registry, 'agentcube_leader', help, () => [[{ role }, leads() ? 1 : 0]]);
}

/** How a runtime's pool stands. */
export interface PoolGauges {
  readonly runtime: RuntimeKey;
  readonly class: string;
  readonly target: number;
  readonly wanted: number;
  readonly ready: number;
  readonly starting: number;
}

const poolGauges = {
  target: 'How many warm sandboxes the pool is to hold.',
  wanted: 'What its policy asks for, which a budget may cut and a dry run only says.',
  ready: 'Warm sandboxes of the newest revision that wait.',
  starting: 'Sandboxes on their way to the pool.',
} as const;

/** The labels of a pool: one object for as long as the runtime's key is one. */
class PoolLabels {
  readonly #known = new WeakMap<RuntimeKey, { readonly class: string; readonly labels: Labels }>();

  of({ runtime, class: policy }: PoolGauges): Labels {
    const known = this.#known.get(runtime);
    if (known?.class === policy) return known.labels;
    const { kind, namespace, name } = runtime;
    const labels = { kind, namespace, name, class: policy };
    this.#known.set(runtime, { class: policy, labels });
    return labels;
  }
}

/** Reads once for all gauges that are asked in the same turn of the event loop, as a registry asks them. */
function onceATurn<T>(read: () => T): () => T {
  let known: { readonly value: T } | undefined;
  return () => {
    if (!known) queueMicrotask(() => (known = undefined));
    known ??= { value: read() };
    return known.value;
  };
}

/** Shows all pools, while this process tends them; none otherwise. */
export function showPools(registry: Registry, pools: () => readonly PoolGauges[]): void {
  const labels = new PoolLabels();
  const now = onceATurn(pools);
  for (const name of Object.keys(poolGauges) as (keyof typeof poolGauges)[]) {
    const row = (pool: PoolGauges): Row => [labels.of(pool), pool[name]];
    new LiveGauge(registry, `agentcube_pool_${name}`, poolGauges[name], () => now().map(row));
  }
}

/** Shows how many watches of Kubernetes clients are open. */
export function showWatches(registry: Registry, open: () => number): void {
  const help = 'Watches of deployed objects that Kubernetes clients have open.';
  new LiveGauge(registry, 'agentcube_watches', help, () => [[{}, open()]]);
}

/** A limit of idle sandboxes; `namespace`: absent for all together, * for each that has none of its own. */
export interface BudgetGauge {
  readonly namespace?: string;
  readonly sandboxes?: number;
  readonly memoryBytes?: number;
}

/** Shows the limits that an autoscaler keeps; none where there are none. */
export function showBudget(registry: Registry, budget: () => readonly BudgetGauge[]): void {
  const limit = (name: string, what: string, of: (one: BudgetGauge) => number | undefined): void => {
    const help = `${what} pools may hold together; of all namespaces where the label is empty, of each that is not named where it is *.`;
    const row = (one: BudgetGauge): Row[] => {
      const value = of(one);
      return value === undefined ? [] : [[{ namespace: one.namespace ?? '' }, value]];
    };
    new LiveGauge(registry, name, help, () => budget().flatMap(row));
  };
  limit('agentcube_budget_sandboxes', 'How many sandboxes', (one) => one.sandboxes);
  limit('agentcube_budget_memory_bytes', 'How much memory', (one) => one.memoryBytes);
}

/** Counts an autoscaler's rounds. */
export class RoundMeter {
  readonly #round: Histogram;

  constructor(registry: Registry) {
    this.#round = new Histogram({
      name: 'agentcube_scaling_round_seconds',
      help: 'How long it took to decide once for the runtimes that were looked at.',
      buckets: roundBuckets,
      registers: [registry],
    });
  }

  readonly took = (ms: number): void => this.#round.observe(seconds(ms));
}
