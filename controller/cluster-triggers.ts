// The triggers that a cluster keeps, as activators are told of them, and their status told back to it.
// Does not own reading or writing objects (the source), what a status says (core/trigger-status.ts) and when it is told
// (status-teller.ts). It is read-only: triggers are written with kubectl. One that is not valid (any more) takes no events.
import type { Cancel, Clock } from '../model/clock.ts';
import type { TriggerKey } from '../model/deployed-trigger.ts';
import { validateTrigger } from '../model/resource.ts';
import { longestMessage, type ToldStatus } from '../model/told-status.ts';
import { triggerApiVersion, triggerKind, type Trigger } from '../model/trigger.ts';
import { toldBefore } from './core/cluster-status.ts';
import { sameJson } from './core/stored-runtime.ts';
import { triggerConditions } from './core/trigger-status.ts';
import type { Deployments } from './deployments.ts';
import { StatusTeller } from './status-teller.ts';
import { TriggerBook, type DeployedTriggers } from './trigger-book.ts';
import type { FoundTrigger, TriggerSource } from './trigger-source.ts';

export interface ClusterTriggersDeps {
  readonly source: TriggerSource;
  readonly deployments: Pick<Deployments, 'find' | 'onChange'>;
  readonly clock: Clock;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

interface StatusKey extends TriggerKey {
  readonly kind: typeof triggerKind;
}

interface Given {
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly spec?: unknown;
  readonly status?: unknown;
}

const lookAgainMs = 10_000;

const statusKey = ({ namespace, name }: TriggerKey): StatusKey => ({ kind: triggerKind, namespace, name });

/** Of its metadata only what means anything here. */
function ownPart({ key, uid, object }: FoundTrigger): object {
  const { metadata: { generation = 1, labels = {} } = {}, spec } = object as Given;
  const metadata = { ...key, uid, generation, labels };
  return { apiVersion: triggerApiVersion, kind: triggerKind, metadata, spec };
}

const toldIn = ({ object }: FoundTrigger): ToldStatus | undefined => {
  const told = toldBefore((object as Given).status, triggerConditionTypes);
  return told && { ...told, conditions: told.conditions ?? [] };
};

const triggerConditionTypes: ReadonlySet<string> = new Set(['Accepted', 'Ready', 'LoopFree']);

export class ClusterTriggers implements DeployedTriggers {
  readonly #deps: ClusterTriggersDeps;
  readonly #book: TriggerBook;
  readonly #teller: StatusTeller<StatusKey>;
  #stops: readonly Cancel[] = [];
  #starting = false;
  #started = false;
  #closed = false;

  constructor(deps: ClusterTriggersDeps) {
    const { clock, log, source } = deps;
    this.#deps = deps;
    this.#book = new TriggerBook(deps);
    this.#teller = new StatusTeller<StatusKey>({
      ...{ clock, log },
      statusOf: (key, before) => this.#statusOf(key, before),
      tell: async (key, status) => {
        const uid = source.find(key)?.uid;
        if (uid !== undefined) await source.tell(key, uid, status);
      },
    });
  }

  /** Resolves when every trigger is known. Where the cluster does not know what a trigger is there is none, until it does. */
  async open(): Promise<void> {
    const { source, deployments, clock } = this.#deps;
    source.onChange((key) => {
      if (this.#settle(key)) this.#book.tell();
    });
    await this.#start();
    this.#stops = [
      clock.every(lookAgainMs, () => this.#lookAgain()),
      deployments.onChange((runtime) => {
        for (const key of this.#book.retarget(runtime)) this.#teller.look(statusKey(key));
      }),
    ];
  }

  close(): void {
    this.#closed = true;
    for (const stop of this.#stops) stop();
    this.#teller.close();
    this.#deps.source.stop();
  }

  all(): ReturnType<DeployedTriggers['all']> {
    return this.#book.all();
  }

  onChange(listener: () => void): Cancel {
    return this.#book.onChange(listener);
  }

  async #start(): Promise<void> {
    const { source, log } = this.#deps;
    this.#starting = true;
    try {
      this.#started = await source.start();
      if (!this.#started) log('there are no triggers: the CRD of triggers is not installed', {});
    } finally {
      this.#starting = false;
    }
    for (const { key } of source.list()) this.#settle(key);
    this.#book.tell();
  }

  /** Brings the book to what is deployed; answers whether activators have to be told. */
  #settle(key: TriggerKey): boolean {
    if (this.#closed) return false;
    const found = this.#deps.source.find(key);
    if (!found || found.leaving) return this.#remove(key);
    const given = ownPart(found);
    const checked = validateTrigger(given);
    const trigger = checked.ok ? checked.resource : (given as Trigger);
    const before = this.#book.entry(key);
    const same = before && sameJson({ ...before.trigger, status: null }, { ...trigger, status: null });
    if (!same) this.#put(trigger, checked.ok ? undefined : checked.problems);
    this.#teller.found(statusKey(key), toldIn(found));
    return !same;
  }

  #put(
    trigger: Trigger,
    problems: readonly { path: string; message: string; expected: string }[] = [],
  ): void {
    const refused = problems.map(
      ({ path, message, expected }) => `${path}: ${message} (expected ${expected})`,
    );
    this.#book.put(this.#book.entryOf(trigger, refused.length === 0 ? undefined : refused.join('; ')));
  }

  #remove(key: TriggerKey): boolean {
    if (!this.#book.entry(key)) return false;
    this.#book.remove(key);
    this.#teller.forget(statusKey(key));
    return true;
  }

  /** What others wrote into a status; and whether the cluster knows by now what a trigger is. */
  #lookAgain(): void {
    const { source, log } = this.#deps;
    for (const found of source.list())
      if (this.#book.entry(found.key)) this.#teller.found(statusKey(found.key), toldIn(found));
    if (this.#started || this.#starting) return;
    this.#start().catch((fault: unknown) => log('triggers could not be read; trying again', { fault }));
  }

  #statusOf(key: TriggerKey, before: ToldStatus | undefined): ToldStatus | undefined {
    const entry = this.#book.entry(key);
    if (!entry) return undefined;
    const generation = entry.trigger.metadata.generation ?? 1;
    const now = this.#deps.clock.now();
    const conditions = triggerConditions(entry.verdict, generation, before?.conditions ?? [], now).map(
      ({ message, ...rest }) => ({ ...rest, message: message.slice(0, longestMessage) }),
    );
    const ready = conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
    return { conditions, ready, observedGeneration: generation };
  }
}
