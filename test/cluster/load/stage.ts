// Owns: what a run under load plays on: two runtimes of the remembering agent, clients at the chart's Services, and the verdict.
// Does not own: faults (../node.ts), the load and the checker (test/chaos). Invariant: each run begins and ends without sessions.
import { setTimeout as sleep } from 'node:timers/promises';
import { checkRest } from '../../chaos/checks/rest.ts';
import { runOf, type Violation } from '../../chaos/checks/run.ts';
import { check } from '../../chaos/checker.ts';
import { Client, type Door, type Held } from '../../chaos/client.ts';
import { readFinals } from '../../chaos/ending.ts';
import { openHistory, type History } from '../../chaos/history.ts';
import { startLoad } from '../../chaos/load.ts';
import { ask } from '../../chaos/request.ts';
import { apply, eventually, kubectl, list, type KubeObject } from '../kubectl.ts';
import { isAlive, type Pod } from '../node.ts';
import { addresses, redisCli } from '../operator.ts';

export const poolSize = 2;
const runtimes = ['load-warm', 'load-cold'] as const;
const namespace = 'default';
/** The label of everything that is a sandbox of this platform. */
const sandboxLabel = 'agentcube.volcano.sh/sandbox';
/** The label of this run's pods, and of nobody else's. */
export const loadLabel = 'agentcube-test/load';
const patienceMs = 60_000;
const settleForMs = 90_000;

const runtime = (name: string, spec: object): object => ({
  apiVersion: 'runtime.agentcube.volcano.sh/v1alpha1',
  kind: 'AgentRuntime',
  metadata: { name, namespace },
  spec: {
    targetPort: [{ pathPrefix: '/', port: 8080, protocol: 'HTTP' }],
    podTemplate: {
      labels: { [loadLabel]: 'yes' },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: 'agent',
            image: 'agentcube-test/probe:1',
            command: ['/usr/bin/node', '/remembering.ts'],
            readinessProbe: { httpGet: { path: '/health', port: 8080 }, periodSeconds: 1 },
          },
        ],
      },
    },
    sessionTimeout: '2h',
    maxSessionDuration: '8h',
    ...spec,
  },
});

export interface SessionOnCluster {
  readonly sessionId: string;
  readonly runtime: { readonly name: string };
  readonly state: string;
  readonly sandbox?: { readonly id: string; readonly name: string };
  readonly reason?: string;
  readonly lost?: string;
}

interface Doors {
  readonly activators: Door;
  readonly controllers: Door;
}

const isOurs = (name: string): boolean => (runtimes as readonly string[]).includes(name);

const isOfOurs = ({ metadata }: KubeObject): boolean =>
  isOurs(metadata.labels?.['runtime.agentcube.io/workload-name'] ?? '') ||
  runtimes.some((name) => metadata.name.startsWith(`${name}-`));

const sandboxOf = ({ metadata }: KubeObject): string => metadata.labels?.[sandboxLabel] ?? metadata.name;

const without = (names: readonly string[], others: readonly string[]): readonly string[] =>
  names.filter((name) => !others.includes(name));

export interface AtRest {
  readonly sandboxes: readonly KubeObject[];
  readonly pods: readonly Pod[];
  readonly claims: readonly KubeObject[];
  readonly sessions: readonly SessionOnCluster[];
}

export class Stage {
  readonly history: History;
  readonly doors: Doors;

  private constructor(history: History, doors: Doors) {
    this.history = history;
    this.doors = doors;
  }

  /** Resolves when both runtimes are deployed and the pool is full. */
  static async open(): Promise<Stage> {
    const { activatorUrl, controlUrl } = await addresses();
    await apply(runtime('load-warm', { pauseAfter: '1s', warmPoolSize: poolSize }));
    await apply(runtime('load-cold', { pauseAfter: '2s' }));
    const stage = new Stage(openHistory(), {
      activators: { name: 'activators', url: activatorUrl },
      controllers: { name: 'controllers', url: controlUrl },
    });
    // A run that was cut off has left its sessions.
    await stage.clear(120_000);
    return stage;
  }

  #isEmpty({ sessions, sandboxes, claims }: AtRest): boolean {
    return sessions.length === 0 && sandboxes.length === poolSize && claims.length === 0;
  }

  /** A run of its own: what is written from now on is judged by itself. */
  fresh(): Stage {
    return new Stage(openHistory(), this.doors);
  }

  /** What the cluster and the store say there is of these runtimes. */
  async look(): Promise<AtRest> {
    const kinds = ['sandboxes', 'sandboxclaims'] as const;
    const [sandboxes = [], claims = []] = await Promise.all(
      kinds.map(async (kind) => (await list(kind, '-n', namespace)).filter(isOfOurs)),
    );
    const pods = (await list<Pod>('pods', '-n', namespace)).filter(isOfOurs);
    return { sandboxes, claims, pods, sessions: await this.sessions() };
  }

  /** Sessions of these runtimes that have not ended. */
  async sessions(): Promise<readonly SessionOnCluster[]> {
    const url = `${this.doors.controllers.url}/v1/sessions?limit=1000`;
    const { body } = await ask({ method: 'GET', url, patienceMs }, 'nothing');
    const { items } = body as { readonly items: readonly SessionOnCluster[] };
    return items.filter((one) => isOurs(one.runtime.name) && one.state !== 'ended');
  }

  /** Clients work while `fault` happens and for `afterMs` more; then every session is asked for what it remembers. */
  async underLoad(seed: number, fault: () => Promise<void>, afterMs = 6_000): Promise<readonly Held[]> {
    const load = startLoad({
      client: new Client(this.history, patienceMs),
      seed,
      workers: 4,
      sessionsPerWorker: 2,
      runtimes,
      activators: [this.doors.activators],
      controllers: [this.doors.controllers],
    });
    try {
      await sleep(3_000);
      await fault();
      await sleep(afterMs);
    } finally {
      await load.stop();
    }
    await readFinals(this.history, load.held(), this.doors.activators);
    return load.held();
  }

  /** A program's connections may break from now until `work` is done. */
  async away(program: 'activators' | 'controllers', work: () => Promise<void>): Promise<void> {
    this.history.write({ t: 'life', program, what: 'gone' });
    await work();
    this.history.write({ t: 'life', program, what: 'ready' });
  }

  /** Sandboxes of these runtimes that the store has: of the pools, and of sessions that have not ended. */
  async #stored(sessions: readonly SessionOnCluster[]): Promise<readonly string[]> {
    const lines = (await redisCli('HGETALL', '{agentcube}:sandboxes')).split('\n');
    const living = new Set(sessions.map(({ sessionId }) => `s${sessionId}`));
    const isWarm = (whose: string): boolean =>
      runtimes.some((name) => whose.includes(`/${namespace}/${name}@`));
    return lines.filter((_, index) => {
      const whose = lines[index + 1] ?? '';
      return index % 2 === 0 && (living.has(whose) || (whose.startsWith('w') && isWarm(whose)));
    });
  }

  /** What the store has of a sandbox that the cluster has not, or the other way round; claims of nobody's sandbox. */
  async #disagreements({ sandboxes, claims, sessions }: AtRest): Promise<readonly Violation[]> {
    const stored = await this.#stored(sessions);
    const held = sessions.flatMap(({ sandbox }) => sandbox?.name ?? []);
    const orphans = (what: string, names: readonly string[]): readonly Violation[] =>
      names.map((name) => ({ rule: 'nothing orphaned', text: `${what}: ${name}` }));
    return [
      ...orphans('in the store and not in the cluster', without(stored, sandboxes.map(sandboxOf))),
      ...orphans('in the cluster and not in the store', without(sandboxes.map(sandboxOf), stored)),
      ...orphans(
        'a claim without a session',
        without(
          claims.map(({ metadata }) => metadata.name),
          held,
        ),
      ),
    ];
  }

  /** Waits until pods, sandboxes, claims and the store agree, and says what broke which promise. */
  async judge(): Promise<readonly Violation[]> {
    const deadline = this.history.now() + settleForMs;
    for (;;) {
      const found = await this.#find().catch(() => undefined);
      const isLate = this.history.now() > deadline;
      if (found && (isLate || found.isFine)) {
        this.history.write(found.inventory);
        return [...check(this.history.entries()), ...found.disagreements];
      }
      if (isLate) return check(this.history.entries());
      await sleep(500);
    }
  }

  async #find() {
    const now = await this.look();
    const inventory = { ...this.#inventory(now), at: this.history.now() };
    const disagreements = await this.#disagreements(now);
    const broken = [...checkRest(runOf([...this.history.entries(), inventory])), ...disagreements];
    return { inventory, disagreements, isFine: broken.length === 0 };
  }

  #inventory({ sandboxes, pods, sessions }: AtRest) {
    return {
      t: 'inventory' as const,
      sandboxes: sandboxes.map(sandboxOf),
      alive: pods.filter(isAlive).map(sandboxOf),
      sessions: sessions.map(({ sessionId, state, sandbox, reason, lost }) => ({
        id: sessionId,
        state,
        ...(sandbox && { sandbox: sandbox.id }),
        ...((reason ?? lost) !== undefined && { why: reason ?? lost ?? '' }),
      })),
      pool: poolSize,
    };
  }

  /** Ends every session; resolves when only the pool is left, and rejects with what else there is. */
  async clear(withinMs = settleForMs): Promise<void> {
    for (const { sessionId } of await this.sessions())
      await ask(
        { method: 'DELETE', url: `${this.doors.controllers.url}/v1/sessions/${sessionId}`, patienceMs },
        'nothing',
      );
    await eventually(
      'only the pool is left',
      () => this.look(),
      (now) => this.#isEmpty(now),
      withinMs,
    );
  }

  /** Removes the runtimes; resolves when nothing of them is left in the cluster. */
  async close(): Promise<void> {
    await this.clear();
    for (const name of runtimes)
      await kubectl('delete', 'agentruntime', name, '-n', namespace, '--ignore-not-found');
    await eventually(
      'nothing is left',
      () => this.look(),
      ({ sandboxes, pods, claims }) => sandboxes.length + pods.length + claims.length === 0,
      settleForMs,
    );
  }
}
