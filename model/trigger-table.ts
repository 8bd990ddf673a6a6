// Triggers in memory, found by name and by the broker that they listen to. Does not own how they come here.
// A trigger that did not change stays the same object, so that what was made of it may be kept by it.
import type { Cancel } from './clock.ts';
import { triggerKeyText, type DeployedTrigger, type TriggerKey, type Triggers } from './deployed-trigger.ts';

const brokerText = (namespace: string, broker: string): string => `${namespace}/${broker}`;
const nothing: readonly DeployedTrigger[] = [];

export class TriggerTable implements Triggers {
  readonly #triggers = new Map<string, DeployedTrigger>();
  readonly #listeners = new Set<() => void>();
  #brokers: ReadonlyMap<string, readonly DeployedTrigger[]> | undefined;
  #known = false;

  known(): boolean {
    return this.#known;
  }

  find(key: TriggerKey): DeployedTrigger | undefined {
    return this.#triggers.get(triggerKeyText(key));
  }

  all(): readonly DeployedTrigger[] {
    return [...this.#triggers.values()];
  }

  of(namespace: string, broker: string): readonly DeployedTrigger[] {
    this.#brokers ??= this.#byBroker();
    return this.#brokers.get(brokerText(namespace, broker)) ?? nothing;
  }

  onRead(listener: () => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** All that there is to tell at this moment was set. */
  told(): void {
    this.#known = true;
    for (const tell of [...this.#listeners]) tell();
  }

  /** Sets one, or takes it away; `key` as triggerKeyText. */
  set(key: string, trigger: DeployedTrigger | undefined): void {
    this.#brokers = undefined;
    if (trigger) this.#triggers.set(key, trigger);
    else this.#triggers.delete(key);
  }

  /** Sets all; those of the same revision stay as they are. */
  replace(triggers: readonly DeployedTrigger[]): void {
    const fresh = new Map(triggers.map((trigger) => [triggerKeyText(trigger.key), trigger]));
    for (const key of [...this.#triggers.keys()]) if (!fresh.has(key)) this.set(key, undefined);
    for (const [key, trigger] of fresh)
      if (this.#triggers.get(key)?.revision !== trigger.revision) this.set(key, trigger);
  }

  #byBroker(): ReadonlyMap<string, readonly DeployedTrigger[]> {
    return Map.groupBy(this.#triggers.values(), ({ key, broker }) => brokerText(key.namespace, broker));
  }
}
