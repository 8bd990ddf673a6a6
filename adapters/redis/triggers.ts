// What triggers there are: the leading controller publishes them, everybody else finds them in memory.
// Does not own the objects that users deployed (resources.ts). Invariant: until a controller has told, nothing is known,
// and nobody takes that for "no triggers".
import type { Cancel } from '../../model/clock.ts';
import {
  triggerKeyText,
  type DeployedTrigger,
  type TriggerDirectory,
  type TriggerKey,
  type Triggers,
} from '../../model/deployed-trigger.ts';
import { TriggerTable } from '../../model/trigger-table.ts';
import type { ReaderOptions } from './directory.ts';
import type { Fence, RedisLink } from './link.ts';
import { readTrigger } from './messages.ts';
import { tablePublisher, type Rows } from './published.ts';
import { TableReader } from './table-reader.ts';

/** The writing end, for the leader of `fence`. */
export function redisTriggerDirectory(link: RedisLink, fence: Fence): TriggerDirectory {
  const table = tablePublisher(link, fence, 'triggers');
  return {
    publish: (triggers) =>
      table.replace(
        new Map(triggers.map((trigger) => [triggerKeyText(trigger.key), JSON.stringify(trigger)])),
      ),
  };
}

export interface RedisTriggers extends Triggers {
  /** Resolves when Redis has answered once. */
  start(): Promise<void>;
  stop(): void;
}

class KnownTriggers implements RedisTriggers {
  readonly #reader: TableReader;
  readonly #onFault: (fault: unknown) => void;
  readonly #table = new TriggerTable();
  readonly #listeners = new Set<() => void>();
  #known = false;

  constructor({ link, bus, onFault }: ReaderOptions) {
    this.#onFault = onFault;
    const onRows = (changed: Rows, gone: readonly string[]): void => this.#take(changed, gone);
    this.#reader = new TableReader({ link, bus, table: 'triggers', onRows, onFault });
  }

  start(): Promise<void> {
    return this.#reader.start();
  }

  stop(): void {
    this.#reader.stop();
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

  /** One that is not understood stays as it was: a newer controller must not make an older activator forget events. */
  #take(changed: Rows, gone: readonly string[]): void {
    const strange: string[] = [];
    for (const key of gone) this.#table.set(key, undefined);
    for (const [key, text] of changed) {
      const trigger = readTrigger(text);
      if (trigger) this.#table.set(key, trigger);
      else strange.push(key);
    }
    if (strange.length > 0) this.#onFault(new Error(`not understood as triggers: ${strange.join(', ')}`));
    this.#known = true;
    for (const tell of [...this.#listeners]) tell();
  }
}

/** The reading end. */
export const redisTriggers = (options: ReaderOptions): RedisTriggers => new KnownTriggers(options);
