// `spec.scaling` of a runtime as a schema, what of it belongs to which class, and what it comes down to together with Knative's
// annotations. Does not own those (knative-scaling.ts), what a policy does (the autoscaler) nor when a schedule strikes.
// A cron line is only checked here, against a fixed moment: nothing reads a clock.
import { Cron } from 'croner';
import { z } from 'zod';
import { delay, parseDuration } from './duration.ts';
import { fields, flag, integerWithin, mostInt32, textThat } from './fields.ts';
import { knativeKeyOf, knativeKeys, kpaPolicyOf, type Annotations } from './knative-scaling.ts';
import { pathText, type PathSegment } from './path.ts';
import { noMaximum, type Scaling, type ScalingPolicy, type ScheduledSessions } from './scaling.ts';

const shareText = /^(\d{1,2}(?:\.\d+)?) ?%$/;

/** Between 0 and 1; NaN where it is none. */
function shareOf(given: unknown): number {
  if (typeof given === 'number') return given;
  const percent = typeof given === 'string' ? shareText.exec(given)?.[1] : undefined;
  // Let the number parser scale: 99.9 / 100 is not 0.999.
  return percent === undefined ? NaN : Number(`${percent}e-2`);
}

const isShare = (given: unknown): boolean => shareOf(given) > 0 && shareOf(given) < 1;

/** A part of all new sessions. */
export const share = z
  .custom<string | number>(isShare)
  .describe('a share above 0 and below 100 %, such as "99%" or 0.99');

const words = (fault: unknown): string => (fault instanceof Error ? fault.message : String(fault));

const longestCron = 200;

/** What is wrong with a line of crontab(5), in croner's words; undefined when nothing is. */
function cronError(text: string): string | undefined {
  // A question mark is croner's own: it stands for the moment at which it is read.
  if (text.includes('?') || text.length > longestCron) return `got ${JSON.stringify(text.slice(0, 80))}`;
  try {
    const next = new Cron(text, { mode: '5-part', timezone: 'UTC', paused: true }).nextRun(new Date(0));
    return next === null ? `${JSON.stringify(text)} never strikes` : undefined;
  } catch (fault) {
    return `${JSON.stringify(text)}: ${words(fault).replace(/^CronPattern: /, '')}`;
  }
}

function timeZoneError(text: string): string | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return undefined;
  } catch {
    return `unknown time zone ${JSON.stringify(text.slice(0, 80))}`;
  }
}

const scheduled = fields({
  cron: textThat('five fields as in crontab(5), such as "0 9 * * 1-5"', cronError),
  timeZone: textThat('an IANA time zone such as "Europe/Berlin"', timeZoneError).optional(),
  sessions: integerWithin(1, mostInt32),
});

const classes = ['target', 'kpa', 'fixed'] as const;
type Class = (typeof classes)[number];

const count = integerWithin(0, mostInt32);
/** One that never strikes takes a while to be found out. */
const mostSchedules = 20;

const scalingFields = fields({
  class: z.enum(classes).optional(),
  warmStarts: share.optional(),
  min: count.optional(),
  max: count.optional(),
  toZeroAfter: delay.optional(),
  schedule: z.array(scheduled).max(mostSchedules).describe(`a list of at most ${mostSchedules}`).optional(),
  dryRun: flag.optional(),
});

export type ScalingSpec = z.infer<typeof scalingFields>;

/** Something that is wrong, seen from the runtime's root. */
export interface ScalingProblem {
  readonly at: readonly PathSegment[];
  readonly message: string;
  readonly expected: string;
}

type Field = Exclude<keyof ScalingSpec, 'class' | 'dryRun'>;

/** Which classes a field means something to. */
const meantFor: Readonly<Record<Field, readonly Class[]>> = {
  warmStarts: ['target'],
  min: ['target', 'kpa'],
  max: ['target', 'kpa'],
  toZeroAfter: ['target'],
  schedule: ['target'],
};

const allFields = Object.keys(meantFor) as readonly Field[];

const strangers = (given: ScalingSpec, chosen: Class): ScalingProblem[] =>
  allFields
    .filter((field) => given[field] !== undefined && !meantFor[field].includes(chosen))
    .map((field) => ({
      at: [field],
      message: `means nothing to class ${chosen}`,
      expected: `class ${meantFor[field].join(' or ')}`,
    }));

function bounds(min: number | undefined, max: number | undefined): ScalingProblem[] {
  if (min === undefined || max === undefined || min <= max) return [];
  return [{ at: ['min'], message: `${min} is more than max, which is ${max}`, expected: `at most ${max}` }];
}

const tell = (context: z.RefinementCtx, { at, message, expected }: ScalingProblem): void =>
  context.addIssue({ code: 'custom', path: [...at], message, params: { expected } });

/** What a runtime says of its pool's size, beside Knative's annotations. */
export const scalingSpec = scalingFields.superRefine((given, context) => {
  const wrong = given.class === undefined ? [] : strangers(given, given.class);
  for (const one of [...wrong, ...bounds(given.min, given.max)]) tell(context, one);
});

const annotationText = (key: string): string => pathText(['metadata', 'annotations', key]);

const classOf = (given: ScalingSpec, keys: readonly string[]): Class =>
  given.class ?? (keys.length > 0 ? 'kpa' : 'target');

/** One bound, here and as an annotation. */
function twice(given: ScalingSpec, annotations: Annotations): ScalingProblem[] {
  const pairs = [
    ['min', 'min-scale'],
    ['max', 'max-scale'],
  ] as const;
  return pairs.flatMap(([field, name]) => {
    const key = given[field] === undefined ? undefined : knativeKeyOf(annotations, name);
    if (key === undefined) return [];
    return [{ at: [field], message: `${annotationText(key)} says it too`, expected: 'one of the two' }];
  });
}

function kpaProblems(given: ScalingSpec, annotations: Annotations): ScalingProblem[] {
  const asked = kpaPolicyOf(annotations);
  const both = twice(given, annotations);
  return both.length > 0 ? both : bounds(given.min ?? asked.min, given.max ?? asked.max);
}

/** Where `spec.scaling` and Knative's annotations, each right by itself, do not go together; paths begin at `spec.scaling`. */
function disagreements(given: ScalingSpec, annotations: Annotations): ScalingProblem[] {
  const keys = knativeKeys(annotations);
  const [first] = keys;
  if (first === undefined) return given.class === undefined ? strangers(given, 'target') : [];
  if (given.class !== undefined && given.class !== 'kpa') {
    const message = `is ${given.class}, and ${annotationText(first)} asks for kpa`;
    return [{ at: ['class'], message, expected: 'kpa, or no annotation of autoscaling.knative.dev' }];
  }
  return [...(given.class === undefined ? strangers(given, 'kpa') : []), ...kpaProblems(given, annotations)];
}

interface Sized {
  readonly metadata: { readonly annotations?: Annotations | undefined };
  readonly spec: { readonly scaling?: ScalingSpec | undefined; readonly warmPoolSize?: number | undefined };
}

/** A check of a whole runtime: its class of scaling is one, and each bound is said once. */
export function agreeing({ metadata, spec }: Sized, context: z.RefinementCtx): void {
  if (spec.scaling === undefined) return;
  for (const one of disagreements(spec.scaling, metadata.annotations ?? {}))
    tell(context, { ...one, at: ['spec', 'scaling', ...one.at] });
}

/** What `spec.scaling` means where it says nothing. */
export const scalingDefaults = { warmStarts: '99%', min: 0, toZeroAfter: '1h' } as const;

function policyOf({ metadata: { annotations = {} }, spec }: Sized, given: ScalingSpec): ScalingPolicy {
  const chosen = classOf(given, knativeKeys(annotations));
  if (chosen === 'fixed') return { class: 'fixed', size: spec.warmPoolSize ?? 0 };
  const { min, max } = given;
  if (chosen === 'kpa') {
    const asked = kpaPolicyOf(annotations);
    return { ...asked, min: min ?? asked.min, max: max ?? asked.max };
  }
  const { warmStarts = scalingDefaults.warmStarts, toZeroAfter = scalingDefaults.toZeroAfter } = given;
  return {
    class: 'target',
    min: min ?? scalingDefaults.min,
    max: max ?? noMaximum,
    warmStarts: shareOf(warmStarts),
    ...(toZeroAfter !== 'never' && { toZeroAfterMs: parseDuration(toZeroAfter) }),
  };
}

const scheduleOf = ({ schedule = [] }: ScalingSpec): ScheduledSessions[] =>
  schedule.map(({ cron, timeZone, sessions }) => ({
    ...{ cron, sessions },
    ...(timeZone !== undefined && { timeZone }),
  }));

/** What a valid runtime asks of the autoscaler; undefined where it asks for exactly its `warmPoolSize`. */
export function scalingOf(runtime: Sized): Scaling | undefined {
  const given = runtime.spec.scaling;
  if (given === undefined && knativeKeys(runtime.metadata.annotations).length === 0) return undefined;
  const policy = policyOf(runtime, given ?? {});
  return { policy, schedule: scheduleOf(given ?? {}), dryRun: given?.dryRun ?? false };
}
