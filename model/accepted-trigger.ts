// A valid Trigger as activators read it: defaults filled in, spans in milliseconds, names made whole.
// Does not own what is valid (trigger.ts) nor what becomes of it.
import type {
  DeadLetterSink,
  DeliveryPolicy,
  DeployedTrigger,
  TriggerKey,
  TriggerSchedule,
} from './deployed-trigger.ts';
import type { EventFilter } from './event-filter.ts';
import { sessionTemplate } from './session-key.ts';
import { spanMs } from './span.ts';
import {
  triggerApiVersion,
  triggerDefaults,
  triggerPlural,
  type Trigger,
  type TriggerSink,
  type TriggerSpec,
} from './trigger.ts';

/** The namespace and name of a trigger. */
export const triggerKeyOf = ({ metadata: { namespace = 'default', name } }: Trigger): TriggerKey => ({
  namespace,
  name,
});

function sinkOf({ uri, ref }: TriggerSink, namespace: string): DeadLetterSink {
  if (!ref) return { kind: 'uri', uri: uri ?? '' };
  const { kind, name } = ref;
  if (kind === 'Broker') return { kind: 'broker', broker: name };
  return { kind: 'runtime', runtime: { kind, namespace, name }, path: uri ?? triggerDefaults.path };
}

type GivenDelivery = NonNullable<TriggerSpec['delivery']>;

const spanOr = (given: string | undefined, otherwise: string): number => spanMs(given ?? otherwise);

/** A span of zero is the same as none. */
const someMs = (ms: number): number | null => (ms > 0 ? ms : null);

const spansOf = ({ backoffDelay, timeout, retryAfterMax, dropRepeatsWithin }: GivenDelivery) => ({
  backoffDelayMs: spanOr(backoffDelay, triggerDefaults.backoffDelay),
  timeoutMs: spanOr(timeout, triggerDefaults.timeout),
  retryAfterMaxMs: someMs(spanOr(retryAfterMax, triggerDefaults.retryAfterMax)),
  dropRepeatsWithinMs: someMs(spanOr(dropRepeatsWithin, 'PT0S')),
});

const deliveryOf = (given: GivenDelivery, namespace: string): DeliveryPolicy => ({
  ...spansOf(given),
  retry: given.retry ?? triggerDefaults.retry,
  backoffPolicy: given.backoffPolicy ?? triggerDefaults.backoffPolicy,
  ordered: given.ordered ?? triggerDefaults.ordered,
  concurrency: given.concurrency ?? triggerDefaults.concurrency,
  ...(given.deadLetterSink && { deadLetterSink: sinkOf(given.deadLetterSink, namespace) }),
});

/** `source` of the events that a schedule makes, where it names none. */
const ownSource = ({ namespace, name }: TriggerKey): string =>
  `/apis/${triggerApiVersion}/namespaces/${namespace}/${triggerPlural}/${name}`;

function scheduleOf(schedule: NonNullable<TriggerSpec['schedule']>, key: TriggerKey): TriggerSchedule {
  const { cron, timeZone, jitter, event, data } = schedule;
  return {
    cron,
    ...(timeZone !== undefined && { timeZone }),
    jitterMs: jitter === undefined ? 0 : spanMs(jitter),
    event: { source: ownSource(key), ...event },
    ...(data !== undefined && { data }),
  };
}

interface Wanted {
  readonly attributes: Readonly<Record<string, string>>;
  readonly filters: readonly EventFilter[];
}

/** A schedule without filters takes its own ticks: who asks for three o'clock did not ask for all that happens. */
function wantedOf({ filter, filters = [] }: TriggerSpec, schedule: TriggerSchedule | undefined): Wanted {
  if (filters.length > 0) return { attributes: {}, filters };
  const { attributes = {} } = filter ?? {};
  if (!schedule || Object.keys(attributes).length > 0) return { attributes, filters: [] };
  const { type = '', source = '' } = schedule.event;
  return { attributes: {}, filters: [{ exact: { type, source } }] };
}

/**
 * What activators need to know of a trigger that is valid. Its revision is made of its uid and its generation: each
 * change of the spec makes another.
 */
export function deployedTrigger(trigger: Trigger): DeployedTrigger {
  const { spec, metadata } = trigger;
  const key = triggerKeyOf(trigger);
  const schedule = spec.schedule && scheduleOf(spec.schedule, key);
  const { kind, name, path = triggerDefaults.path } = spec.target;
  return {
    key,
    revision: `${metadata.uid ?? ''}.${metadata.generation ?? 1}`,
    broker: spec.broker ?? triggerDefaults.broker,
    ...wantedOf(spec, schedule),
    target: { runtime: { kind, namespace: key.namespace, name }, path },
    session: {
      key: sessionTemplate(spec.session?.key ?? triggerDefaults.sessionKey),
      whenEnded: spec.session?.whenEnded ?? triggerDefaults.whenEnded,
    },
    delivery: deliveryOf(spec.delivery ?? {}, key.namespace),
    ...(schedule && { schedule }),
  };
}
