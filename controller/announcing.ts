// Tells everybody what is deployed, once when a lead begins and again after each change, until it is told.
// Does not own what is deployed (registry.ts, trigger-registry.ts). The newest list replaces all that was told before, so one telling is enough
// however many changes there were.
import type { Cancel, Clock } from '../model/clock.ts';
import { PlatformError } from '../model/errors.ts';

export interface AnnouncerDeps {
  /** Tells the newest list. Rejects with STORE_UNAVAILABLE or NOT_LEADER. */
  readonly publish: () => Promise<void>;
  /** Told after each change of what is to be told. */
  readonly onChange: (listener: () => void) => Cancel;
  readonly clock: Clock;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

const retryMs = 500;

export class Announcer {
  readonly #deps: AnnouncerDeps;
  #telling = false;
  #again = false;
  #closed = false;

  constructor(deps: AnnouncerDeps) {
    this.#deps = deps;
  }

  /** Resolves when the present list is told; later ones follow by themselves. Rejects with STORE_UNAVAILABLE or NOT_LEADER. */
  async start(): Promise<Cancel> {
    const stop = this.#deps.onChange(() => this.#tell());
    try {
      await this.#deps.publish();
    } catch (fault) {
      stop();
      throw fault;
    }
    return () => {
      this.#closed = true;
      stop();
    };
  }

  #tell(): void {
    this.#again = true;
    if (this.#telling || this.#closed) return;
    this.#telling = true;
    this.#tellAll()
      .catch((fault: unknown) => this.#failed(fault))
      .finally(() => (this.#telling = false));
  }

  async #tellAll(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      await this.#deps.publish();
    }
  }

  #failed(fault: unknown): void {
    if (this.#closed || (fault instanceof PlatformError && fault.code === 'NOT_LEADER')) return;
    this.#deps.log('what is deployed could not be told; trying again', { fault });
    this.#deps.clock.after(retryMs, () => this.#tell());
  }
}
