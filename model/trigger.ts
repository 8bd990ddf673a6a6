// A Trigger as users write it: which events it takes, whose session handles them, how they are delivered, and when it makes
// events by itself. Does not own the filters (event-filter.ts) nor what activators make of it (deployed-trigger.ts is what they read).
// Field names and meanings are Knative's (eventing.knative.dev/v1 Trigger, duck.knative.dev/v1 DeliverySpec) where it has them.
import { z } from 'zod';
import { cronProblem, isTimeZone } from './cron.ts';
import { filterFields } from './event-filter.ts';
import { dnsSubdomain, fields, flag, integerWithin, quotedText, text, textThat } from './fields.ts';
import { metadata, status } from './metadata.ts';
import { runtimeKinds } from './runtime.ts';
import { sessionKey } from './session-key.ts';
import { span, spanMs } from './span.ts';

export const triggerGroup = 'eventing.agentcube.volcano.sh';
export const triggerVersion = 'v1alpha1';
export const triggerApiVersion = `${triggerGroup}/${triggerVersion}` as const;
export const triggerKind = 'Trigger';
export const triggerPlural = 'triggers';

/**
 * What absent fields mean; never written into an object. `retry` and the backoff are those of Knative's own broker
 * (config-br-defaults): ten tries again take about eight minutes, which outlasts a restart of everything.
 */
export const triggerDefaults = {
  broker: 'default',
  path: '/',
  sessionKey: 'new',
  whenEnded: 'new',
  retry: 10,
  backoffPolicy: 'exponential',
  backoffDelay: 'PT0.5S',
  timeout: 'PT15M',
  retryAfterMax: 'PT1H',
  ordered: true,
  concurrency: 50,
} as const;

const path = textThat('a path that begins with "/"', (given) =>
  /^\/[!-~]*$/.test(given) && !given.includes('#') ? undefined : `got ${JSON.stringify(given.slice(0, 80))}`,
);

const isHttp = (given: string): boolean => /^https?:$/.test(URL.parse(given)?.protocol ?? '');

const sinkUri = textThat(
  'an http or https URL; beside a ref to a runtime, a path that begins with "/"',
  (given) =>
    isHttp(given) || given.startsWith('/') ? undefined : `got ${JSON.stringify(given.slice(0, 80))}`,
);

const problem = (at: PropertyKey[], message: string, expected: string) =>
  ({ code: 'custom', path: at, message, params: { expected } }) as const;

const sinkRef = fields({
  apiVersion: text.optional(),
  kind: z.enum(['Broker', ...runtimeKinds]),
  name: dnsSubdomain,
  namespace: text.optional(),
});

/** Knative's Destination, as far as there is something here that it may name. */
const sink = fields({ uri: sinkUri.optional(), ref: sinkRef.optional() }).superRefine((given, context) => {
  const { uri, ref } = given;
  if (!uri && !ref) context.addIssue(problem([], 'is empty', 'uri or ref'));
  if (!uri) return;
  const isPath = uri.startsWith('/');
  if (!ref && isPath) context.addIssue(problem(['uri'], 'is a path of nothing', 'an http or https URL'));
  if (ref?.kind === 'Broker') context.addIssue(problem(['uri'], 'is given beside a broker', 'one of them'));
  else if (ref && !isPath) context.addIssue(problem(['uri'], 'is no path', 'a path that begins with "/"'));
});

const someSpan = span.refine((given) => spanMs(given) !== 0, { error: 'is zero' });

const delivery = fields({
  retry: integerWithin(0, 1_000).optional(),
  backoffPolicy: z.enum(['exponential', 'linear']).optional(),
  backoffDelay: span.optional(),
  timeout: someSpan.optional(),
  retryAfterMax: span.optional(),
  deadLetterSink: sink.optional(),
  ordered: flag.optional(),
  concurrency: integerWithin(1, 10_000).optional(),
  dropRepeatsWithin: span.optional(),
});

/** Attributes that the platform sets for each tick. */
const ofTheTick: ReadonlySet<string> = new Set(['id', 'specversion', 'time', 'datacontenttype', 'data']);

const eventAttributes = z
  .record(z.string(), quotedText)
  .superRefine((given, context) => {
    const expected = 'a name of lower case letters and digits';
    for (const [name, value] of Object.entries(given)) {
      if (!/^[a-z0-9]+$/.test(name))
        context.addIssue(problem([name], 'is no name of an attribute', expected));
      if (ofTheTick.has(name))
        context.addIssue(problem([name], 'is set with each tick', 'another attribute'));
      if (value === '') context.addIssue(problem([name], 'is empty', 'a string that is not empty'));
    }
    if (!Object.hasOwn(given, 'type'))
      context.addIssue(problem(['type'], 'is missing', 'the type of the event'));
  })
  .describe('an object of attributes and strings');

const schedule = fields({
  cron: textThat('five fields as in crontab(5), such as "0 3 * * 1-5"', cronProblem),
  timeZone: textThat('a time zone by its IANA name, such as "Europe/Berlin"', (name) =>
    isTimeZone(name) ? undefined : `got ${JSON.stringify(name.slice(0, 80))}`,
  ).optional(),
  jitter: span.optional(),
  event: eventAttributes,
  data: z.unknown().optional(),
});

const spec = fields({
  broker: dnsSubdomain.optional(),
  ...filterFields,
  target: fields({ kind: z.enum(runtimeKinds), name: dnsSubdomain, path: path.optional() }),
  session: fields({
    key: sessionKey.optional(),
    whenEnded: z.enum(['new', 'deadLetter']).optional(),
  }).optional(),
  delivery: delivery.optional(),
  schedule: schedule.optional(),
});

export const trigger = fields({
  apiVersion: z.literal(triggerApiVersion),
  kind: z.literal(triggerKind),
  metadata,
  spec,
  status: status.optional(),
}).superRefine((given, context) => {
  const { namespace = 'default' } = given.metadata;
  const elsewhere = given.spec.delivery?.deadLetterSink?.ref?.namespace;
  if (elsewhere === undefined || elsewhere === namespace) return;
  const at = ['spec', 'delivery', 'deadLetterSink', 'ref', 'namespace'];
  context.addIssue(problem(at, `got ${JSON.stringify(elsewhere)}`, `the trigger's own, ${namespace}`));
});

export type Trigger = z.infer<typeof trigger>;
export type TriggerSpec = Trigger['spec'];
export type TriggerSink = z.infer<typeof sink>;
