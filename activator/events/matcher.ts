// Which triggers take an event. Each trigger's filters are compiled once for each of its revisions.
// Does not own what filters mean (model/event-filter.ts), nor which triggers there are.
import type { Attributes } from '../../model/cesql/attributes.ts';
import { triggerKeyText, type DeployedTrigger, type Triggers } from '../../model/deployed-trigger.ts';
import { compileFilters, type EventPredicate } from '../../model/event-filter.ts';

interface Compiled {
  readonly trigger: DeployedTrigger;
  readonly takes: EventPredicate;
}

const nothing: EventPredicate = () => false;

export type OnBadFilter = (trigger: DeployedTrigger, fault: unknown) => void;

export class Matcher {
  readonly #triggers: Triggers;
  readonly #onBadFilter: OnBadFilter;
  /** By namespace and broker, neither of which holds a slash in its name. */
  readonly #brokers = new Map<string, readonly Compiled[]>();
  readonly #compiled = new Map<string, Compiled>();

  /** `onBadFilter` is told of a trigger whose filters do not compile; it takes nothing then. */
  constructor(triggers: Triggers, onBadFilter: OnBadFilter) {
    this.#triggers = triggers;
    this.#onBadFilter = onBadFilter;
    triggers.onRead(() => this.#forget());
  }

  /** The triggers of a broker that take an event with these attributes. */
  match(namespace: string, broker: string, attributes: Attributes): readonly DeployedTrigger[] {
    const taking: DeployedTrigger[] = [];
    for (const { trigger, takes } of this.#of(namespace, broker)) if (takes(attributes)) taking.push(trigger);
    return taking;
  }

  #of(namespace: string, broker: string): readonly Compiled[] {
    const key = `${namespace}/${broker}`;
    const known = this.#brokers.get(key);
    if (known) return known;
    const compiled = this.#triggers.of(namespace, broker).map((trigger) => this.#compile(trigger));
    // Brokers that nobody listens to are whatever callers write.
    if (compiled.length > 0) this.#brokers.set(key, compiled);
    return compiled;
  }

  #compile(trigger: DeployedTrigger): Compiled {
    const key = triggerKeyText(trigger.key);
    const known = this.#compiled.get(key);
    if (known?.trigger.revision === trigger.revision) return known;
    const compiled = { trigger, takes: this.#predicate(trigger) };
    this.#compiled.set(key, compiled);
    return compiled;
  }

  #predicate(trigger: DeployedTrigger): EventPredicate {
    try {
      return compileFilters({ filter: { attributes: trigger.attributes }, filters: trigger.filters });
    } catch (fault) {
      this.#onBadFilter(trigger, fault);
      return nothing;
    }
  }

  #forget(): void {
    this.#brokers.clear();
    for (const [key, { trigger }] of this.#compiled)
      if (this.#triggers.find(trigger.key)?.revision !== trigger.revision) this.#compiled.delete(key);
  }
}
