// What triggers there are, within one process: whoever leads publishes, whoever takes and dispatches events finds them at once.
// Does not own the objects that users deployed.
import type { Cancel } from '../../model/clock.ts';
import {
  triggerKeyText,
  type DeployedTrigger,
  type TriggerDirectory,
  type TriggerKey,
  type Triggers,
} from '../../model/deployed-trigger.ts';
import { TriggerTable } from '../../model/trigger-table.ts';

class MemoryTriggers implements Triggers, TriggerDirectory {
  readonly #table = new TriggerTable();
  readonly #listeners = new Set<() => void>();
  #known = false;

  async publish(triggers: readonly DeployedTrigger[]): Promise<void> {
    this.#table.replace(triggers);
    this.#known = true;
    for (const tell of [...this.#listeners]) tell();
  }

  known(): boolean {
    return this.#known;
  }

  of(namespace: string, broker: string): readonly DeployedTrigger[] {
    return this.#table.of(namespace, broker);
  }

  find(key: TriggerKey): DeployedTrigger | undefined {
    return this.#table.find(triggerKeyText(key));
  }

  all(): readonly DeployedTrigger[] {
    return this.#table.all();
  }

  onRead(listener: () => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

/** Both ends; nothing is known until the first `publish`. */
export const memoryTriggers = (): Triggers & TriggerDirectory => new MemoryTriggers();
