// Knative's autoscaling annotations on a runtime: which there are, what is wrong with one, and the policy of class `kpa` that
// they come down to. Does not own the algorithm, nor what stands in `spec.scaling` (scaling-spec.ts).
// Names, older spellings, bounds and words are those of Knative Serving: pkg/apis/autoscaling/register.go and
// annotation_validation.go; the target is that of pkg/reconciler/autoscaling/resources/target.go.
import { durationError, parseDuration } from './duration.ts';
import { mostInt32 } from './fields.ts';
import { nearest } from './nearest.ts';
import { kpaDefaults, noMaximum, type KpaPolicy } from './scaling.ts';

export type Annotations = Readonly<Record<string, string>>;

/** What is wrong with one annotation: in Knative's words, and what was expected. */
export interface AnnotationProblem {
  readonly key: string;
  readonly message: string;
  readonly expected: string;
}

const group = 'autoscaling.knative.dev';
const prefix = `${group}/`;
export const kpaClass = `kpa.${group}`;

interface Rule {
  /** Besides the name itself; of several that are given the first counts. */
  readonly older?: string;
  readonly expected: string;
  readonly problemOf: (text: string) => string | undefined;
}

const second = 1_000;
const hour = 3_600 * second;

const invalid = (text: string): string => `invalid value: ${text}`;
const outside = (least: number | string, text: string, most: number | string): string =>
  `expected ${least} <= ${text} <= ${most}`;

/** As `strconv.ParseFloat`, without what is no number. */
const numberOf = (text: string): number | undefined =>
  /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;

const numberWithin = (least: number, most: number): Rule => ({
  expected: `a number from ${least} to ${most}`,
  problemOf: (text) => {
    const given = numberOf(text);
    if (given === undefined) return invalid(text);
    return given < least || given > most ? outside(least, text, most) : undefined;
  },
});

/** As `strconv.ParseInt` to 32 bits. */
const wholeOf = (text: string): number | undefined => (/^[+-]?\d+$/.test(text) ? Number(text) : undefined);

const scale: Rule = {
  expected: `a whole number from 0 to ${mostInt32}`,
  problemOf: (text) => {
    const given = wholeOf(text);
    if (given === undefined) return invalid(text);
    return given < 0 || given > mostInt32 ? outside(0, text, mostInt32) : undefined;
  },
};

/** Go's wording of the bounds: `6s`, `1h0m0s`. */
const durationWithin = (least: '0s' | '6s', precision: 'seconds' | 'any'): Rule => ({
  expected: `a Go duration from ${least} to 1h${precision === 'seconds' ? ', in whole seconds' : ''}`,
  problemOf: (text) => {
    if (durationError(text) !== undefined) return invalid(text);
    const given = parseDuration(text);
    if (given < parseDuration(least) || given > hour) return outside(least, text, '1h0m0s');
    const fraction = precision === 'seconds' && given % second !== 0;
    return fraction ? 'must be specified with at most second precision' : undefined;
  },
});

const oneOf = (...words: readonly string[]): Rule => ({
  expected: words.join(' or '),
  problemOf: (text) => (words.includes(text) ? undefined : invalid(text)),
});

const leastTarget = 0.01;

const target: Rule = {
  expected: `a number, ${leastTarget} or more`,
  problemOf: (text) => {
    const given = numberOf(text);
    if (given === undefined || !Number.isFinite(given)) return invalid(text);
    return given < leastTarget ? `target ${text} should be at least ${leastTarget}` : undefined;
  },
};

/** Knative forbids 0 too, unless its cluster allows it. */
const initialScale: Rule = {
  older: 'initialScale',
  expected: `a whole number from 1 to ${mostInt32}`,
  problemOf: (text) => {
    const given = wholeOf(text);
    if (given === undefined || given > mostInt32) return invalid(text);
    if (given === 0) return `${invalid(text)}: initial-scale=0 not allowed by cluster`;
    return given < 0 ? `${invalid(text)}: initial-scale must be greater than 0` : undefined;
  },
};

const activationScale: Rule = {
  expected: `a whole number from 2 to ${mostInt32}`,
  problemOf: (text) => {
    const given = wholeOf(text);
    if (given === undefined || given > mostInt32) return invalid(text);
    return given < 2 ? `activation-scale=${text} must be greater than 1` : undefined;
  },
};

const burstCapacity: Rule = {
  older: 'targetBurstCapacity',
  expected: 'a number, 0 or more, or -1',
  problemOf: (text) => {
    const given = numberOf(text);
    return given === undefined || (given < 0 && given !== -1) ? invalid(text) : undefined;
  },
};

const rules = {
  class: oneOf(kpaClass),
  metric: oneOf('concurrency', 'rps'),
  target,
  'target-utilization-percentage': { ...numberWithin(1, 100), older: 'targetUtilizationPercentage' },
  'min-scale': { ...scale, older: 'minScale' },
  'max-scale': { ...scale, older: 'maxScale' },
  'initial-scale': initialScale,
  'activation-scale': activationScale,
  'scale-down-delay': { ...durationWithin('0s', 'seconds'), older: 'scaleDownDelay' },
  window: durationWithin('6s', 'seconds'),
  'panic-window-percentage': { ...numberWithin(1, 100), older: 'panicWindowPercentage' },
  'panic-threshold-percentage': { ...numberWithin(110, 1_000), older: 'panicThresholdPercentage' },
  'scale-to-zero-pod-retention-period': {
    ...durationWithin('0s', 'any'),
    older: 'scaleToZeroPodRetentionPeriod',
  },
  'target-burst-capacity': burstCapacity,
  'metric-aggregation-algorithm': { ...oneOf('linear'), older: 'metricAggregationAlgorithm' },
} satisfies Record<string, Rule>;

type Name = keyof typeof rules;

const ruleOf = new Map<string, Rule>(
  Object.entries<Rule>(rules).flatMap(([name, rule]): [string, Rule][] => [
    [prefix + name, rule],
    ...(rule.older === undefined ? [] : [[prefix + rule.older, rule] as [string, Rule]]),
  ]),
);

/** The keys among them that are Knative's, in order. */
export const knativeKeys = (annotations: Annotations = {}): readonly string[] =>
  Object.keys(annotations)
    .filter((key) => key.startsWith(prefix))
    .sort();

/** An annotation as it is given: under which key, and its value. */
function given(
  annotations: Annotations,
  name: Name,
): { readonly key: string; readonly text: string } | undefined {
  const { older }: Rule = rules[name];
  const key = [name, ...(older === undefined ? [] : [older])]
    .map((one) => prefix + one)
    .find((one) => annotations[one] !== undefined);
  const text = key === undefined ? undefined : annotations[key];
  return key === undefined || text === undefined ? undefined : { key, text };
}

/** The key under which one of Knative's bounds is given, if it is. */
export const knativeKeyOf = (annotations: Annotations, name: 'min-scale' | 'max-scale'): string | undefined =>
  given(annotations, name)?.key;

function unknownKey(key: string): AnnotationProblem {
  const known = Object.keys(rules).map((name) => prefix + name);
  const meant = nearest(key, known);
  const hint = meant === undefined ? '' : `, did you mean ${JSON.stringify(meant)}?`;
  return {
    key,
    message: `unknown annotation${hint}`,
    expected: meant ?? `one of ${known.sort().join(', ')}`,
  };
}

function problemOf(key: string, text: string): AnnotationProblem | undefined {
  const rule = ruleOf.get(key);
  if (!rule) return unknownKey(key);
  const message = rule.problemOf(text);
  return message === undefined ? undefined : { key, message, expected: rule.expected };
}

const whole = (annotations: Annotations, name: Name): number | undefined => {
  const found = given(annotations, name);
  return found && wholeOf(found.text);
};

/** Bounds that contradict each other; each by itself is right. */
function contradictions(annotations: Annotations): AnnotationProblem[] {
  const min = whole(annotations, 'min-scale') ?? 0;
  const max = whole(annotations, 'max-scale') || noMaximum;
  const maxKey = given(annotations, 'max-scale')?.key;
  const activation = given(annotations, 'activation-scale');
  const least = activation ? Number(activation.text) : min;
  const said = (key: string, message: string, expected: string): AnnotationProblem[] => [
    { key, message, expected },
  ];
  return [
    ...(maxKey !== undefined && max < min
      ? said(maxKey, `max-scale=${max} is less than min-scale=${min}`, `at least ${min}, or 0 for no limit`)
      : []),
    ...(activation && min > least
      ? said(activation.key, `min-scale=${min} is greater than activation-scale=${least}`, `at least ${min}`)
      : []),
    ...(activation && max < least
      ? said(activation.key, `max-scale=${max} is less than activation-scale=${least}`, `at most ${max}`)
      : []),
  ];
}

/** All that is wrong with Knative's annotations among these; others are none of its business. */
export function annotationProblems(annotations: Annotations): readonly AnnotationProblem[] {
  const alone = knativeKeys(annotations).flatMap((key) => problemOf(key, annotations[key] ?? '') ?? []);
  return alone.length > 0 ? alone : contradictions(annotations);
}

/** `config-autoscaler`: what one instance stands for where nobody says, and the part of it that is aimed at. */
const defaultTargets = { concurrency: 100, rps: 200 } as const;
const defaultUtilization = 70;

function targetOf(annotations: Annotations, metric: 'concurrency' | 'rps'): number {
  const total = Number(given(annotations, 'target')?.text ?? defaultTargets[metric]);
  const utilization = given(annotations, 'target-utilization-percentage')?.text ?? defaultUtilization;
  return Math.max(leastTarget, (total * Number(utilization)) / 100);
}

/** The policy that valid annotations ask for, with Knative's defaults. */
export function kpaPolicyOf(annotations: Annotations): KpaPolicy {
  const number = (name: Name, otherwise: number): number =>
    Number(given(annotations, name)?.text ?? otherwise);
  const span = (name: Name, otherwise: number): number => {
    const found = given(annotations, name);
    return found ? parseDuration(found.text) : otherwise;
  };
  const metric = given(annotations, 'metric')?.text === 'rps' ? 'rps' : 'concurrency';
  return {
    ...kpaDefaults,
    metric,
    target: targetOf(annotations, metric),
    min: number('min-scale', kpaDefaults.min),
    max: number('max-scale', 0) || noMaximum,
    initialScale: number('initial-scale', kpaDefaults.initialScale),
    activationScale: number('activation-scale', kpaDefaults.activationScale),
    stableWindowMs: span('window', kpaDefaults.stableWindowMs),
    scaleDownDelayMs: span('scale-down-delay', kpaDefaults.scaleDownDelayMs),
    scaleToZeroPodRetentionMs: span(
      'scale-to-zero-pod-retention-period',
      kpaDefaults.scaleToZeroPodRetentionMs,
    ),
    panicWindowPercentage: number('panic-window-percentage', kpaDefaults.panicWindowPercentage),
    panicThresholdPercentage: number('panic-threshold-percentage', kpaDefaults.panicThresholdPercentage),
  };
}
