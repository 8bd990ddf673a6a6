// Runtimes of a cluster as entries in a map: what the other side of the RuntimeSource port would do, told by the test.
import type { FoundRuntime, RuntimeSource } from '../../controller/runtime-source.ts';
import { withDefaults, type Runtime } from '../../model/runtime.ts';
import { runtimeKeyText, type RuntimeKey } from '../../model/sandbox.ts';
import type { ToldStatus } from '../../model/told-status.ts';

const keyOf = ({ kind, metadata }: Runtime): RuntimeKey => ({
  kind,
  namespace: metadata.namespace ?? 'default',
  name: metadata.name,
});

export class ScriptedRuntimes implements RuntimeSource {
  readonly #found = new Map<string, FoundRuntime>();
  readonly #listeners: ((key: RuntimeKey) => void)[] = [];
  /** Every status that was told, in order. */
  readonly told: { readonly name: string; readonly status: ToldStatus }[] = [];
  /** While set, statuses are not taken. */
  fault: Error | undefined;
  /** While set, nobody is told what there is. */
  silent = false;
  stopped = false;

  /** Made or changed, as the API server would: with uid and generation. Answers its key. */
  put(runtime: Runtime, { uid = 'uid-1', generation = 1, leaving = false } = {}): RuntimeKey {
    const key = keyOf(runtime);
    const { status } = (this.find(key)?.object ?? {}) as { status?: unknown };
    const stored = withDefaults(runtime);
    const metadata = { ...stored.metadata, uid, generation, managedFields: [{ manager: 'kubectl' }] };
    this.#set(key, {
      key,
      uid,
      leaving,
      object: { ...stored, metadata, ...(status !== undefined && { status }) },
    });
    return key;
  }

  /** Any object at all. */
  putRaw(key: RuntimeKey, object: object, uid = 'uid-1'): void {
    this.#set(key, { key, uid, leaving: false, object });
  }

  /** Somebody else wrote its status. */
  putStatus(key: RuntimeKey, status: object): void {
    const found = this.find(key);
    if (found) this.#set(key, { ...found, object: { ...(found.object as object), status } });
  }

  remove(key: RuntimeKey): void {
    this.#found.delete(runtimeKeyText(key));
    for (const listener of this.#listeners) listener(key);
  }

  async start(): Promise<void> {
    if (this.silent) await new Promise<never>(() => undefined);
  }

  stop(): void {
    this.stopped = true;
  }

  list(): readonly FoundRuntime[] {
    return [...this.#found.values()];
  }

  find(key: RuntimeKey): FoundRuntime | undefined {
    return this.#found.get(runtimeKeyText(key));
  }

  onChange(listener: (key: RuntimeKey) => void): void {
    this.#listeners.push(listener);
  }

  async tell(key: RuntimeKey, uid: string, status: ToldStatus): Promise<'told' | 'gone'> {
    if (this.fault) throw this.fault;
    const found = this.find(key);
    if (found?.uid !== uid) return 'gone';
    this.told.push({ name: key.name, status });
    this.putStatus(key, status);
    return 'told';
  }

  /** The condition that was told last. */
  condition(key: RuntimeKey, type: string) {
    const object = this.find(key)?.object as { status?: ToldStatus } | undefined;
    return object?.status?.conditions?.find((one) => one.type === type);
  }

  #set(key: RuntimeKey, found: FoundRuntime): void {
    this.#found.set(runtimeKeyText(key), found);
    for (const listener of this.#listeners) listener(key);
  }
}
