// Triggers of a cluster as entries in a map: what the other side of the TriggerSource port would do, told by the test.
import type { FoundTrigger, TriggerSource } from '../../controller/trigger-source.ts';
import { triggerKeyText, type TriggerKey } from '../../model/deployed-trigger.ts';
import type { ToldStatus } from '../../model/told-status.ts';
import { triggerObject } from './triggers.ts';

export class ScriptedTriggers implements TriggerSource {
  readonly #found = new Map<string, FoundTrigger>();
  readonly #listeners: ((key: TriggerKey) => void)[] = [];
  /** Every status that was told, in order. */
  readonly told: ToldStatus[] = [];
  /** Whether the cluster knows what a trigger is. */
  installed = true;

  /** Made or changed, as the API server would. Answers its key. */
  put(spec: object = {}, { generation = 1, leaving = false } = {}): TriggerKey {
    const metadata = {
      namespace: 'default',
      uid: 'uid-1',
      generation,
      managedFields: [{ manager: 'kubectl' }],
    };
    return this.#set({ uid: 'uid-1', leaving, object: triggerObject(spec, metadata) });
  }

  /** Somebody else wrote its status. */
  putStatus(status: object): void {
    for (const { object, ...found } of this.list())
      this.#set({ ...found, object: { ...(object as object), status } });
  }

  remove(key: TriggerKey): void {
    this.#found.delete(triggerKeyText(key));
    for (const listener of this.#listeners) listener(key);
  }

  async start(): Promise<boolean> {
    return this.installed;
  }

  stop(): void {
    this.#listeners.length = 0;
  }

  list(): readonly FoundTrigger[] {
    return this.installed ? [...this.#found.values()] : [];
  }

  find(key: TriggerKey): FoundTrigger | undefined {
    return this.#found.get(triggerKeyText(key));
  }

  onChange(listener: (key: TriggerKey) => void): void {
    this.#listeners.push(listener);
  }

  async tell(_: TriggerKey, __: string, status: ToldStatus): Promise<'told'> {
    this.told.push(status);
    this.putStatus(status);
    return 'told';
  }

  #set(found: Omit<FoundTrigger, 'key'>): TriggerKey {
    const key = { namespace: 'default', name: 'on-issue' };
    this.#found.set(triggerKeyText(key), { key, ...found });
    for (const listener of this.#listeners) listener(key);
    return key;
  }
}
