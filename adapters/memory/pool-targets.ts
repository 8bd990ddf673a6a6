// How large warm pools are to be, within one process: whoever decides writes, whoever fills pools finds it at once.
// Listeners hear of it before the write resolves. Does not own the decision.
import type { PoolTarget, PoolTargets, PoolTargetWrites } from '../../model/platform.ts';
import { runtimeKeyText, type RuntimeKey } from '../../model/sandbox.ts';

const same = (a: PoolTarget | undefined, b: PoolTarget | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

class Targets implements PoolTargets, PoolTargetWrites {
  readonly #targets = new Map<string, PoolTarget>();
  readonly #listeners = new Set<(runtime: RuntimeKey) => void>();
  readonly #onFault: (fault: unknown) => void;

  constructor(onFault: (fault: unknown) => void) {
    this.#onFault = onFault;
  }

  find(runtime: RuntimeKey): PoolTarget | undefined {
    return this.#targets.get(runtimeKeyText(runtime));
  }

  onChange(listener: (runtime: RuntimeKey) => void) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async replace(targets: readonly PoolTarget[]): Promise<void> {
    const kept = new Set(targets.map(({ runtime }) => runtimeKeyText(runtime)));
    const gone = [...this.#targets].filter(([key]) => !kept.has(key)).map(([, { runtime }]) => runtime);
    await this.update(targets, gone);
  }

  async update(changed: readonly PoolTarget[], gone: readonly RuntimeKey[]): Promise<void> {
    const news = [
      ...gone.filter((runtime) => this.#targets.delete(runtimeKeyText(runtime))),
      ...changed.filter((target) => this.#set(target)).map(({ runtime }) => runtime),
    ];
    for (const runtime of news) this.#tell(runtime);
  }

  /** Whether that changed anything. */
  #set(target: PoolTarget): boolean {
    const key = runtimeKeyText(target.runtime);
    if (same(this.#targets.get(key), target)) return false;
    this.#targets.set(key, target);
    return true;
  }

  /** A listener that throws does not keep the others from hearing. */
  #tell(runtime: RuntimeKey): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(runtime);
      } catch (fault) {
        this.#onFault(fault);
      }
    }
  }
}

/** `onFault` is told of listeners that threw; without it the write rejects with the fault. */
export const memoryPoolTargets = (
  onFault: (fault: unknown) => void = (fault) => {
    throw fault;
  },
): PoolTargets & PoolTargetWrites => new Targets(onFault);
