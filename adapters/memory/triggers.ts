// What triggers there are, within one process: whoever leads publishes, whoever takes and dispatches events finds them at once.
// Does not own the objects that users deployed.
import type { DeployedTrigger, TriggerDirectory, Triggers } from '../../model/deployed-trigger.ts';
import { TriggerTable } from '../../model/trigger-table.ts';

class MemoryTriggers extends TriggerTable implements TriggerDirectory {
  async publish(triggers: readonly DeployedTrigger[]): Promise<void> {
    this.replace(triggers);
    this.told();
  }
}

/** Both ends; nothing is known until the first `publish`. */
export const memoryTriggers = (): Triggers & TriggerDirectory => new MemoryTriggers();
