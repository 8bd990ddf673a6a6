// The deployed triggers as everybody reads them: in memory, with what the platform made of each.
// Does not own writing or finding them (trigger-registry.ts, cluster-triggers.ts). Status is told and never stored.
import type { Cancel, Clock } from '../model/clock.ts';
import { triggerKeyText, type DeployedTrigger, type TriggerKey } from '../model/deployed-trigger.ts';
import { deployedTrigger, triggerKeyOf } from '../model/accepted-trigger.ts';
import { runtimeKeyText, type RuntimeKey } from '../model/sandbox.ts';
import type { Trigger } from '../model/trigger.ts';
import { matchesLabels } from './core/label-selector.ts';
import { withTriggerStatus, type TriggerVerdict } from './core/trigger-status.ts';
import type { Deployments } from './deployments.ts';

/** What activators are to be told. */
export interface DeployedTriggers {
  all(): readonly DeployedTrigger[];
  /** Told after triggers changed. */
  onChange(listener: () => void): Cancel;
}

export interface TriggerListQuery {
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface TriggerEntry {
  readonly trigger: Trigger;
  /** Why it takes no events; absent when it does. */
  readonly refused?: string;
  readonly verdict: TriggerVerdict;
}

export interface TriggerBookDeps {
  readonly deployments: Pick<Deployments, 'find'>;
  readonly clock: Pick<Clock, 'now'>;
}

export class TriggerBook implements DeployedTriggers {
  /** The store's counter at the last change that was seen. */
  counter = 0;
  readonly #deps: TriggerBookDeps;
  readonly #entries = new Map<string, TriggerEntry>();
  readonly #listeners = new Set<() => void>();

  constructor(deps: TriggerBookDeps) {
    this.#deps = deps;
  }

  entry(key: TriggerKey): TriggerEntry | undefined {
    return this.#entries.get(triggerKeyText(key));
  }

  entries(): readonly TriggerEntry[] {
    return [...this.#entries.values()];
  }

  all(): readonly DeployedTrigger[] {
    return this.entries().flatMap(({ verdict }) => (verdict.accepted ? [verdict.deployed] : []));
  }

  /** The entry that a trigger would have; changes nothing. */
  entryOf(trigger: Trigger, refused?: string): TriggerEntry {
    const verdict = this.#verdict(trigger, refused);
    const told = withTriggerStatus(trigger, verdict, this.#deps.clock.now());
    return { trigger: told, verdict, ...(refused !== undefined && { refused }) };
  }

  put(entry: TriggerEntry): void {
    this.#entries.set(triggerKeyText(triggerKeyOf(entry.trigger)), entry);
  }

  remove(key: TriggerKey): void {
    this.#entries.delete(triggerKeyText(key));
  }

  tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  onChange(listener: () => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** A runtime came, changed or went: the triggers whose target it is say so. Answers those. */
  retarget(runtime: RuntimeKey): readonly TriggerKey[] {
    const text = runtimeKeyText(runtime);
    const aimed = this.entries().filter(
      ({ verdict }) => verdict.accepted && runtimeKeyText(verdict.deployed.target.runtime) === text,
    );
    for (const { trigger, refused } of aimed) this.put(this.entryOf(trigger, refused));
    return aimed.map(({ trigger }) => triggerKeyOf(trigger));
  }

  /** In order of namespace and name, with the counter that a Kubernetes list tells. */
  list({ namespace, labels = {} }: TriggerListQuery): {
    readonly items: readonly Trigger[];
    readonly resourceVersion: string;
  } {
    const items = [...this.#entries]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([, { trigger }]) => trigger)
      .filter(({ metadata }) => matchesLabels(metadata.labels, labels))
      .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
    return { items, resourceVersion: String(this.counter) };
  }

  #verdict(trigger: Trigger, refused: string | undefined): TriggerVerdict {
    if (refused !== undefined) return { accepted: false, message: refused };
    const deployed = deployedTrigger(trigger);
    const hasTarget = this.#deps.deployments.find(deployed.target.runtime) !== undefined;
    return { accepted: true, deployed, hasTarget };
  }
}
