// What triggers there are: the leading controller publishes them, everybody else finds them in memory.
// Does not own the objects that users deployed (resources.ts). Invariant: until a controller has told, nothing is known,
// and nobody takes that for "no triggers".
import { triggerKeyText, type TriggerDirectory, type Triggers } from '../../model/deployed-trigger.ts';
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

class KnownTriggers extends TriggerTable implements RedisTriggers {
  readonly #reader: TableReader;
  readonly #onFault: (fault: unknown) => void;

  constructor({ link, bus, onFault }: ReaderOptions) {
    super();
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

  /** One that is not understood stays as it was: a newer controller must not make an older activator forget events. */
  #take(changed: Rows, gone: readonly string[]): void {
    const strange: string[] = [];
    for (const key of gone) this.set(key, undefined);
    for (const [key, text] of changed) {
      const trigger = readTrigger(text);
      if (trigger) this.set(key, trigger);
      else strange.push(key);
    }
    if (strange.length > 0) this.#onFault(new Error(`not understood as triggers: ${strange.join(', ')}`));
    this.told();
  }
}

/** The reading end. */
export const redisTriggers = (options: ReaderOptions): RedisTriggers => new KnownTriggers(options);
