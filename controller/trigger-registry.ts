// Writes of triggers: create, replace, patch, delete, apply. Each is in the resource store before anybody hears of it.
// Does not own what a valid trigger is (model/trigger.ts), what a write makes of one (core/stored-runtime.ts), reading
// (trigger-book.ts), nor HTTP. Writes go one after another, so what a write was compared with is still there when it is stored.
import { triggerKeyOf } from '../model/accepted-trigger.ts';
import type { Cancel, Clock } from '../model/clock.ts';
import { triggerKeyText, type TriggerKey } from '../model/deployed-trigger.ts';
import type { Ids } from '../model/open-session.ts';
import { validateTrigger } from '../model/resource.ts';
import { triggerKind, type Trigger } from '../model/trigger.ts';
import { mergePatch } from './core/merge-patch.ts';
import {
  invalidObject,
  noSuchObject,
  objectChanged,
  objectExists,
  otherObject,
  type Named,
} from './core/object-errors.ts';
import { asCreated, asUpdated, sawWhatIsWritten } from './core/stored-runtime.ts';
import type { Selection } from './core/selection.ts';
import { triggerWarnings } from './core/trigger-status.ts';
import type { Deployments } from './deployments.ts';
import { ResourceLog, type ResourceChanges } from './resource-log.ts';
import type { ResourceStore } from './resource-store.ts';
import { createSerial } from './serial.ts';
import { readStoredTrigger } from './stored-trigger.ts';
import { TriggerBook, type DeployedTriggers, type TriggerEntry } from './trigger-book.ts';

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

/** Rejects a write that was meant for another object, or for an earlier state of this one. */
function checkMeant(
  { metadata: given }: Trigger,
  { trigger, writtenAt }: TriggerEntry,
  version: string,
): void {
  const { metadata: has } = trigger;
  const about = named(triggerKeyOf(trigger));
  if (given.uid !== undefined && given.uid !== has.uid) throw otherObject(about, given.uid, has.uid ?? '');
  // Kubernetes takes an empty version for none.
  if (given.resourceVersion && !sawWhatIsWritten(given.resourceVersion, writtenAt, version))
    throw objectChanged(about);
}

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

  /** Rejects with TRIGGER_EXISTS. */
  create(trigger: Trigger): Promise<WrittenTrigger> {
    return this.#oneAtATime(() => this.#create(trigger));
  }

  /** Rejects with TRIGGER_NOT_FOUND or CONFLICT. */
  replace(trigger: Trigger): Promise<WrittenTrigger> {
    return this.#oneAtATime(() => this.#replace(trigger));
  }

  /** Creates or replaces, as `kubectl apply` does with a whole manifest. */
  apply(trigger: Trigger): Promise<WrittenTrigger> {
    return this.#oneAtATime(() =>
      this.get(triggerKeyOf(trigger)) ? this.#replace(trigger) : this.#create(trigger),
    );
  }

  /** RFC 7386. Rejects with TRIGGER_NOT_FOUND, CONFLICT, INVALID_TRIGGER, or INVALID_REQUEST. */
  patch(key: TriggerKey, patch: unknown): Promise<WrittenTrigger> {
    return this.#oneAtATime(() => {
      const checked = validateTrigger(mergePatch(this.#existing(key).trigger, patch));
      if (!checked.ok) throw invalidObject(named(key), checked.problems);
      const isOther = triggerKeyText(triggerKeyOf(checked.resource)) !== triggerKeyText(key);
      const message = 'kind, namespace and name cannot change';
      if (isOther)
        throw invalidObject(named(key), [{ path: 'metadata.name', message, expected: triggerKeyText(key) }]);
      return this.#replace(checked.resource);
    });
  }

  /** Answers what was there. What waits for it becomes dead letters. Rejects with TRIGGER_NOT_FOUND. */
  remove(key: TriggerKey): Promise<Trigger> {
    return this.#oneAtATime(async () => {
      const { trigger } = this.#existing(key);
      await this.#deps.store.remove(rowKey(key));
      this.#book.remove(key);
      this.#book.tell();
      return trigger;
    });
  }

  async #create(trigger: Trigger): Promise<WrittenTrigger> {
    const key = triggerKeyOf(trigger);
    if (this.get(key)) throw objectExists(named(key));
    const fresh = asCreated(trigger, this.#deps.ids.uuid(), this.#deps.clock.now());
    return this.#commit(fresh, undefined);
  }

  async #replace(trigger: Trigger): Promise<WrittenTrigger> {
    const before = this.#existing(triggerKeyOf(trigger));
    checkMeant(trigger, before, this.#log.version);
    const next = asUpdated(before.trigger, trigger);
    if (next !== 'unchanged') return this.#commit(next, before);
    return { trigger: before.trigger, what: 'unchanged', warnings: triggerWarnings(before.verdict) };
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
