// The deployed triggers as everybody reads them: in memory, with what the platform made of each.
// Does not own writing or finding them (trigger-registry.ts, cluster-triggers.ts). Status is told and never stored.
import type { Cancel, Clock } from '../model/clock.ts';
import { triggerKeyText, type DeployedTrigger, type TriggerKey } from '../model/deployed-trigger.ts';
import { deployedTrigger, triggerKeyOf } from '../model/accepted-trigger.ts';
import { runtimeKeyText, type RuntimeKey } from '../model/sandbox.ts';
import type { Trigger } from '../model/trigger.ts';
import { selects, type Selection } from './core/selection.ts';
import { withTriggerStatus, type TriggerVerdict } from './core/trigger-status.ts';
import type { Deployments } from './deployments.ts';
import type { ResourceLog } from './resource-log.ts';

/** What activators are to be told. */
export interface DeployedTriggers {
  all(): readonly DeployedTrigger[];
  /** Told after triggers changed. */
  onChange(listener: () => void): Cancel;
}

export interface TriggerEntry {
  readonly trigger: Trigger;
  /** Why it takes no events; absent when it does. */
  readonly refused?: string;
  readonly verdict: TriggerVerdict;
  /** The resource store's number of what is stored. */
  readonly stored: number;
  /** The resource version at which it was last written; later ones are of its status alone. */
  readonly writtenAt: string;
}

export interface TriggerBookDeps {
  readonly deployments: Pick<Deployments, 'find'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Absent where the versions are those of a cluster, and whoever watches asks it. */
  readonly changes?: ResourceLog<Trigger>;
}

export class TriggerBook implements DeployedTriggers {
  readonly #log: ResourceLog<Trigger> | undefined;
  readonly #deps: TriggerBookDeps;
  readonly #entries = new Map<string, TriggerEntry>();
  readonly #listeners = new Set<() => void>();

  constructor(deps: TriggerBookDeps) {
    this.#deps = deps;
    this.#log = deps.changes;
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
    const { stored = 0, writtenAt = '' } = this.entry(triggerKeyOf(trigger)) ?? {};
    return { trigger: told, verdict, stored, writtenAt, ...(refused !== undefined && { refused }) };
  }

  /** It was there before the book was opened. */
  found(entry: TriggerEntry, stored: number): void {
    const trigger = this.#log?.known(entry.trigger) ?? entry.trigger;
    this.#set({ ...entry, trigger, stored, writtenAt: trigger.metadata.resourceVersion ?? '' });
  }

  /** It was written, with the version that was reserved for it. Answers it as it is now. */
  written(entry: TriggerEntry, stored: number, writtenAt: string): Trigger {
    const trigger = this.#told(entry, writtenAt);
    this.#set({ ...entry, trigger, stored, writtenAt });
    return trigger;
  }

  /** It is another now. */
  put(entry: TriggerEntry): void {
    this.#set({ ...entry, trigger: this.#told(entry) });
  }

  remove(key: TriggerKey): void {
    const entry = this.entry(key);
    if (!entry) return;
    this.#entries.delete(triggerKeyText(key));
    this.#log?.removed(entry.trigger);
  }

  /** The object with the version of its change, which those who watch are told. */
  #told({ trigger }: TriggerEntry, reserved?: string): Trigger {
    const before = this.entry(triggerKeyOf(trigger))?.trigger;
    return this.#log?.put(trigger, before, reserved) ?? trigger;
  }

  #set(entry: TriggerEntry): void {
    this.#entries.set(triggerKeyText(triggerKeyOf(entry.trigger)), entry);
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
  list(selection: Selection): { readonly items: readonly Trigger[]; readonly resourceVersion: string } {
    const items = [...this.#entries]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([, { trigger }]) => trigger)
      .filter((one) => selects(selection, one));
    return { items, resourceVersion: this.#log?.version ?? '' };
  }

  #verdict(trigger: Trigger, refused: string | undefined): TriggerVerdict {
    if (refused !== undefined) return { accepted: false, message: refused };
    if (trigger.metadata.deletionTimestamp !== undefined)
      return { accepted: false, message: 'it is being deleted' };
    const deployed = deployedTrigger(trigger);
    const hasTarget = this.#deps.deployments.find(deployed.target.runtime) !== undefined;
    return { accepted: true, deployed, hasTarget };
  }
}
