// Writes of triggers: create, replace, patch, delete, apply. Each is in the resource store before anybody hears of it.
// Does not own what a valid trigger is (model/trigger.ts), what a write makes of one (core/stored-runtime.ts), reading
// (trigger-book.ts), nor HTTP. Writes go one after another, so what a write was compared with is still there when it is stored.
import { triggerKeyOf } from '../model/accepted-trigger.ts';
import type { Cancel, Clock } from '../model/clock.ts';
import type { TriggerKey } from '../model/deployed-trigger.ts';
import type { Ids } from '../model/open-session.ts';
import { triggerKind, type Trigger } from '../model/trigger.ts';
import { checkMeant } from './core/meant.ts';
import { noSuchObject, objectChanged, objectExists, type Named } from './core/object-errors.ts';
import type { Selection } from './core/selection.ts';
import { asCreated, asLeaving, asUpdated, isGone } from './core/stored-runtime.ts';
import { triggerWarnings } from './core/trigger-status.ts';
import { writtenByPlatform } from './core/written-by.ts';
import type { Deployments } from './deployments.ts';
import { ResourceLog, type ResourceChanges } from './resource-log.ts';
import type { ResourceStore } from './resource-store.ts';
import { createSerial } from './serial.ts';
import { servedSchema } from './served-schemas.ts';
import { readStoredTrigger } from './stored-trigger.ts';
import { TriggerBook, type DeployedTriggers, type TriggerEntry } from './trigger-book.ts';
import type { Change, Removed, RemoveOptions, WriteOptions } from './writing.ts';

export interface TriggerRegistryDeps {
  readonly store: ResourceStore;
  readonly deployments: Pick<Deployments, 'find' | 'onChange'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly ids: Pick<Ids, 'uuid'>;
}

/** A trigger as it is now, and what the writer should know besides. */
export interface WrittenTrigger {
  readonly trigger: Trigger;
  readonly what: 'created' | 'configured' | 'unchanged';
  readonly warnings: readonly string[];
}

const named = ({ name }: TriggerKey): Named => ({ kind: triggerKind, name });
const rowKey = ({ namespace, name }: TriggerKey) => ({ kind: triggerKind, namespace, name });

/** The text that is stored: its version is that of this write, as whoever reads it after a restart is told. Status is seen anew. */
const storedText = ({ status: _, ...trigger }: Trigger, resourceVersion: string): string =>
  JSON.stringify({ ...trigger, metadata: { ...trigger.metadata, resourceVersion } });

const versioned = (trigger: Trigger, resourceVersion: string | undefined): Trigger => ({
  ...trigger,
  metadata: { ...trigger.metadata, ...(resourceVersion !== undefined && { resourceVersion }) },
});

/**
 * Writes reject with STORE_UNAVAILABLE. A trigger given here is valid (validateTrigger); its `metadata.resourceVersion`
 * and `metadata.uid`, where given, must be those that are stored: CONFLICT.
 */
export class TriggerRegistry implements DeployedTriggers {
  readonly #deps: TriggerRegistryDeps;
  readonly #book: TriggerBook;
  readonly #log: ResourceLog<Trigger>;
  readonly #oneAtATime = createSerial();
  readonly #stop: Cancel;

  constructor(deps: TriggerRegistryDeps) {
    this.#deps = deps;
    this.#log = new ResourceLog(deps.clock);
    this.#book = new TriggerBook({ ...deps, changes: this.#log });
    this.#stop = deps.deployments.onChange((runtime) => void this.#book.retarget(runtime));
  }

  /** Hears of no runtime any more. */
  close(): void {
    this.#stop();
  }

  all(): ReturnType<DeployedTriggers['all']> {
    return this.#book.all();
  }

  onChange(listener: () => void): Cancel {
    return this.#book.onChange(listener);
  }

  /** What changed, for whoever watches. */
  get changes(): ResourceChanges {
    return this.#log;
  }

  get(key: TriggerKey): Trigger | undefined {
    return this.#book.entry(key)?.trigger;
  }

  list(query: Selection): ReturnType<TriggerBook['list']> {
    return this.#book.list(query);
  }

  /** Reads the store; to be called once, before anything else. Answers what is no longer valid: it is kept and takes no events. */
  async load(): Promise<readonly { readonly key: TriggerKey; readonly why: string }[]> {
    const { resources } = await this.#deps.store.all();
    for (const row of resources.filter(({ kind }) => kind === triggerKind)) {
      const { trigger, refused } = readStoredTrigger(row);
      this.#book.found(this.#book.entryOf(trigger, refused), row.resourceVersion);
    }
    return this.#book
      .entries()
      .flatMap(({ trigger, refused }) =>
        refused === undefined ? [] : [{ key: triggerKeyOf(trigger), why: refused }],
      );
  }

  /** Whatever `change` makes of what is there. Rejects with what it throws, and with CONFLICT. */
  write(key: TriggerKey, change: Change<Trigger>, options: WriteOptions = {}): Promise<WrittenTrigger> {
    return this.#oneAtATime(async () => {
      const before = this.#book.entry(key);
      const next = change(before?.trigger);
      return before ? this.#update(before, next, options) : this.#create(next, options);
    });
  }

  /** Rejects with TRIGGER_EXISTS. */
  create(trigger: Trigger): Promise<WrittenTrigger> {
    return this.#own(trigger, (current) => {
      if (current) throw objectExists(named(triggerKeyOf(trigger)));
    });
  }

  /** Rejects with TRIGGER_NOT_FOUND or CONFLICT. */
  replace(trigger: Trigger): Promise<WrittenTrigger> {
    return this.#own(trigger, (current) => {
      if (!current) throw noSuchObject(named(triggerKeyOf(trigger)));
    });
  }

  /** Creates or replaces, as `kubectl apply` does with a whole manifest. */
  apply(trigger: Trigger): Promise<WrittenTrigger> {
    return this.#own(trigger, () => undefined);
  }

  /**
   * What waits for it becomes dead letters. With finalizers it stays until they are gone, and takes no events.
   * Rejects with TRIGGER_NOT_FOUND.
   */
  remove(key: TriggerKey, { dryRun = false, check }: RemoveOptions<Trigger> = {}): Promise<Removed<Trigger>> {
    return this.#oneAtATime(async () => {
      const before = this.#existing(key);
      const { trigger } = before;
      check?.(trigger);
      const leaving = asLeaving(trigger, this.#deps.clock.now());
      if (dryRun || leaving === trigger) return { object: leaving ?? trigger, gone: !leaving };
      if (leaving) return { object: (await this.#commit(leaving, before)).trigger, gone: false };
      await this.#forget(key);
      return { object: trigger, gone: true };
    });
  }

  /** As the platform itself. */
  #own(trigger: Trigger, check: (current: Trigger | undefined) => void): Promise<WrittenTrigger> {
    const { tracked } = servedSchema(triggerKind);
    return this.write(triggerKeyOf(trigger), (current) => {
      check(current);
      return writtenByPlatform(tracked, current, trigger, this.#deps.clock.now());
    });
  }

  async #forget(key: TriggerKey): Promise<void> {
    await this.#deps.store.remove(rowKey(key));
    this.#book.remove(key);
    this.#book.tell();
  }

  async #create(trigger: Trigger, { dryRun = false }: WriteOptions): Promise<WrittenTrigger> {
    const fresh = asCreated(trigger, this.#deps.ids.uuid(), this.#deps.clock.now());
    return dryRun ? this.#asIf(fresh, 'created') : this.#commit(fresh, undefined);
  }

  async #update(
    before: TriggerEntry,
    given: Trigger,
    { dryRun = false }: WriteOptions,
  ): Promise<WrittenTrigger> {
    const { trigger, writtenAt, verdict } = before;
    const { metadata } = trigger;
    const key = triggerKeyOf(trigger);
    checkMeant(given.metadata, { metadata, writtenAt, version: this.#log.version }, named(key));
    const next = asUpdated(trigger, given);
    if (next === 'unchanged') return { trigger, what: 'unchanged', warnings: triggerWarnings(verdict) };
    if (dryRun) return this.#asIf(versioned(next, metadata.resourceVersion), 'configured');
    if (!isGone(next)) return this.#commit(next, before);
    await this.#forget(key);
    return { trigger: versioned(next, metadata.resourceVersion), what: 'configured', warnings: [] };
  }

  #asIf(trigger: Trigger, what: WrittenTrigger['what']): WrittenTrigger {
    return { trigger, what, warnings: triggerWarnings(this.#book.entryOf(trigger).verdict) };
  }

  #existing(key: TriggerKey): TriggerEntry {
    const entry = this.#book.entry(key);
    if (!entry) throw noSuchObject(named(key));
    return entry;
  }

  async #commit(next: Trigger, before: TriggerEntry | undefined): Promise<WrittenTrigger> {
    const key = triggerKeyOf(next);
    const expected = before ? before.stored : 'absent';
    const version = this.#log.reserve();
    const put = await this.#deps.store.put({ ...rowKey(key), json: storedText(next, version) }, expected);
    if (put === 'exists') throw objectExists(named(key));
    if (put === 'missing' || put === 'conflict') throw objectChanged(named(key));
    const entry = this.#book.entryOf(next);
    const trigger = this.#book.written(entry, put.resourceVersion, version);
    this.#book.tell();
    const what = before ? 'configured' : 'created';
    return { trigger, what, warnings: triggerWarnings(entry.verdict) };
  }
}
