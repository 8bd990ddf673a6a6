// Which events a trigger wants: Knative's `filter.attributes` and `filters`, as schemas and as compiled predicates.
// Does not own CESQL (cesql/), nor what a trigger does with an event. Checked against knative/eventing,
// pkg/eventfilter/subscriptionsapi and pkg/eventfilter/attributes; docs/event-filters.md lists the differences.
// A schema recurses as deep as the value given: who parses bounds its depth first, as problem.ts does.
import { z } from 'zod';
import { attributeOf, type Attributes } from './cesql/attributes.ts';
import { compile, type Compiled } from './cesql/compile.ts';
import { PlatformError } from './errors.ts';
import { fields, quotedText, textThat } from './fields.ts';

/** Exactly one of the fields is there. */
export interface EventFilter {
  readonly exact?: Readonly<Record<string, string>> | undefined;
  readonly prefix?: Readonly<Record<string, string>> | undefined;
  readonly suffix?: Readonly<Record<string, string>> | undefined;
  readonly all?: readonly EventFilter[] | undefined;
  readonly any?: readonly EventFilter[] | undefined;
  readonly not?: EventFilter | undefined;
  readonly cesql?: string | undefined;
}

const dialects = ['exact', 'prefix', 'suffix', 'all', 'any', 'not', 'cesql'] as const;

const attributeName = /^[a-z0-9]+$/;

const problem = (message: string, expected: string, path: PropertyKey[] = []) =>
  ({ code: 'custom', message, path, params: { expected } }) as const;

function checkNames(given: Readonly<Record<string, string>>, context: z.RefinementCtx): void {
  for (const name of Object.keys(given).filter((key) => !attributeName.test(key))) {
    const lower = name.toLowerCase();
    const meant = attributeName.test(lower) ? JSON.stringify(lower) : 'lower case letters and digits';
    context.addIssue(problem('is no name of an attribute', meant, [name]));
  }
}

const values = 'an object of attributes and strings (put numbers, true and false in quotes)';

/** Attributes and the values that they shall have; an empty value stands for any. */
const wantedAttributes = z.record(z.string(), quotedText).superRefine(checkNames).describe(values);

const someValue = textThat('a string that is not empty (put numbers, true and false in quotes)', (given) =>
  given === '' ? 'is empty' : undefined,
);

const comparedAttributes = z
  .record(z.string(), someValue)
  .superRefine((given, context) => {
    if (Object.keys(given).length === 0) context.addIssue(problem('is empty', 'at least one attribute'));
    checkNames(given, context);
  })
  .describe(values);

const notACondition = { integer: 'gives an integer', string: 'gives a string' } as const;

function checkExpression(text: string, context: z.RefinementCtx): void {
  const compiled = compile(text);
  if (!compiled.ok) {
    const { line, column, message, expected = '' } = compiled.problem;
    context.addIssue(problem(`line ${line}, column ${column}: ${message}`, expected));
    return;
  }
  const { type } = compiled.expression;
  if (type === 'integer' || type === 'string')
    context.addIssue(problem(notACondition[type], 'an expression that is true or false'));
}

function checkDialects(given: EventFilter, context: z.RefinementCtx): void {
  const found = dialects.filter((dialect) => given[dialect] !== undefined);
  // An unknown field is told already, and is gone from what is given here.
  if (found.length === 0 && context.issues.length === 0)
    context.addIssue(problem('is empty', `one of ${dialects.join(', ')}`));
  if (found.length > 1)
    context.addIssue(problem(`has ${found.join(' and ')}`, 'one of them (put several filters into all)'));
}

/** One filter of the list `filters`. */
export const eventFilter: z.ZodType<EventFilter> = fields({
  exact: comparedAttributes.optional(),
  prefix: comparedAttributes.optional(),
  suffix: comparedAttributes.optional(),
  get all() {
    return nestedFilters.optional();
  },
  get any() {
    return nestedFilters.optional();
  },
  get not() {
    return eventFilter.optional();
  },
  cesql: z.string().superRefine(checkExpression).optional(),
}).superRefine(checkDialects);

const nestedFilters = z.array(eventFilter).min(1).describe('a list of at least one filter');

/** The fields of a trigger's spec that say which events it wants. */
export const filterFields = {
  filter: fields({ attributes: wantedAttributes.optional() }).optional(),
  filters: z.array(eventFilter).optional(),
};

export interface TriggerFilters {
  readonly filter?: { readonly attributes?: Readonly<Record<string, string>> | undefined } | undefined;
  readonly filters?: readonly EventFilter[] | undefined;
}

export type EventPredicate = (attributes: Attributes) => boolean;

const everything: EventPredicate = () => true;

/** Passes events that pass all of the predicates. */
function every(predicates: readonly EventPredicate[]): EventPredicate {
  const [only = everything] = predicates;
  if (predicates.length < 2) return only;
  return (attributes) => {
    for (const predicate of predicates) if (!predicate(attributes)) return false;
    return true;
  };
}

function some(predicates: readonly EventPredicate[]): EventPredicate {
  return (attributes) => {
    for (const predicate of predicates) if (predicate(attributes)) return true;
    return false;
  };
}

type TextTest = (text: string, wanted: string) => boolean;

const isExactly: TextTest = (text, wanted) => text === wanted;
const startsWith: TextTest = (text, wanted) => text.startsWith(wanted);
const endsWith: TextTest = (text, wanted) => text.endsWith(wanted);
const isAny: TextTest = (text) => text !== '';

/** Compares an attribute as text, `5` and `true` for integers and booleans; one that is missing passes nothing. */
function attributeTest(name: string, wanted: string, test: TextTest): EventPredicate {
  return (attributes) => {
    const value = attributeOf(attributes, name);
    return value !== undefined && test(typeof value === 'string' ? value : String(value), wanted);
  };
}

const attributeTests = (wanted: Readonly<Record<string, string>>, test: TextTest): EventPredicate =>
  every(Object.entries(wanted).map(([name, value]) => attributeTest(name, value, test)));

function expressionOf(compiled: Compiled): EventPredicate {
  if (!compiled.ok) {
    const { line, column, message } = compiled.problem;
    throw new PlatformError('INVALID_REQUEST', `cesql: line ${line}, column ${column}: ${message}`);
  }
  const { expression } = compiled;
  return (attributes) => expression.matches(attributes);
}

function negated(predicate: EventPredicate): EventPredicate {
  return (attributes) => !predicate(attributes);
}

function predicateOf({ exact, prefix, suffix, all, any, not, cesql }: EventFilter): EventPredicate {
  if (exact !== undefined) return attributeTests(exact, isExactly);
  if (prefix !== undefined) return attributeTests(prefix, startsWith);
  if (suffix !== undefined) return attributeTests(suffix, endsWith);
  if (all !== undefined) return every(all.map(predicateOf));
  if (any !== undefined) return some(any.map(predicateOf));
  if (not !== undefined) return negated(predicateOf(not));
  return cesql === undefined ? everything : expressionOf(compile(cesql));
}

const wantedOf = (wanted: Readonly<Record<string, string>>): EventPredicate =>
  every(
    Object.entries(wanted).map(([name, value]) =>
      attributeTest(name, value, value === '' ? isAny : isExactly),
    ),
  );

/**
 * Says which events pass the filters of a trigger that is valid: all of `filters` when there are any, and only then
 * `filter` counts for nothing, as in Knative; without both, every event passes. Never throws for an event.
 * Throws `INVALID_REQUEST` for a CESQL expression that was not validated and has an error.
 */
export function compileFilters({ filter, filters = [] }: TriggerFilters): EventPredicate {
  if (filters.length > 0) return every(filters.map(predicateOf));
  return wantedOf(filter?.attributes ?? {});
}
