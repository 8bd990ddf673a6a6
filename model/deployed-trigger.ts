// What activators need to know of a Trigger: everything that decides which events it takes and what becomes of them. JSON.
// Does not own the YAML (trigger.ts) nor the filters' meaning (event-filter.ts).
import type { EventFilter } from './event-filter.ts';
import type { RuntimeKey } from './sandbox.ts';
import type { Cancel } from './clock.ts';

export interface TriggerKey {
  readonly namespace: string;
  readonly name: string;
}

/** As text: to compare, and as a key of the store. Neither part may hold a slash. */
export const triggerKeyText = ({ namespace, name }: TriggerKey): string => `${namespace}/${name}`;

/** Where an event is sent to that no try delivered. Without one it goes to the queue of dead letters. */
export type DeadLetterSink =
  | { readonly kind: 'uri'; readonly uri: string }
  /** A broker of the same namespace. */
  | { readonly kind: 'broker'; readonly broker: string }
  | { readonly kind: 'runtime'; readonly runtime: RuntimeKey; readonly path: string };

/** How one event is delivered; Knative's DeliverySpec and what sessions need. Spans are milliseconds. */
export interface DeliveryPolicy {
  /** How often it is tried again after the first time. */
  readonly retry: number;
  readonly backoffPolicy: 'exponential' | 'linear';
  readonly backoffDelayMs: number;
  /** How long the target may take to answer once its session runs. */
  readonly timeoutMs: number;
  /** The longest that a `Retry-After` is honoured; null: it is not. */
  readonly retryAfterMaxMs: number | null;
  readonly deadLetterSink?: DeadLetterSink;
  /** Events of one session one after the other, in the order in which they came. */
  readonly ordered: boolean;
  /** The most events of this trigger in hand at once, over all activators of one kind: each takes at most so many. */
  readonly concurrency: number;
  /** Events with the same source and id within so long are taken once; null: each counts. */
  readonly dropRepeatsWithinMs: number | null;
}

export interface TriggerSchedule {
  /** Five fields as in crontab(5). */
  readonly cron: string;
  /** An IANA name; UTC when absent. */
  readonly timeZone?: string;
  /** Each tick comes so much later at most, by a number that follows from the tick itself (ms). */
  readonly jitterMs: number;
  /** Attributes of the event of each tick; `type` at least. `data` goes as `application/json`. */
  readonly event: Readonly<Record<string, string>>;
  readonly data?: unknown;
}

export interface DeployedTrigger {
  readonly key: TriggerKey;
  /** Changes with each accepted change of the object. */
  readonly revision: string;
  readonly broker: string;
  /** Of no account where there are `filters`; then deployedTrigger leaves it empty. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly filters: readonly EventFilter[];
  readonly target: { readonly runtime: RuntimeKey; readonly path: string };
  readonly session: {
    /** `new`, or a template: text with names of attributes in braces, such as `{source}/{subject}`. */
    readonly key: string;
    /** What becomes of an event whose session has ended. */
    readonly whenEnded: 'new' | 'deadLetter';
  };
  readonly delivery: DeliveryPolicy;
  readonly schedule?: TriggerSchedule;
}

/** The newest accepted triggers, from memory. */
export interface Triggers {
  /** False until a controller has told; then nothing may be accepted, for it would match nothing. */
  known(): boolean;
  /** Those that listen to a broker. */
  of(namespace: string, broker: string): readonly DeployedTrigger[];
  find(key: TriggerKey): DeployedTrigger | undefined;
  all(): readonly DeployedTrigger[];
  onRead(listener: () => void): Cancel;
}

/** The leading controller tells everybody. Rejects with STORE_UNAVAILABLE or NOT_LEADER. */
export interface TriggerDirectory {
  publish(triggers: readonly DeployedTrigger[]): Promise<void>;
}
