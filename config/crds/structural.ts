// Makes a structural schema, as a CustomResourceDefinition wants it, of one of the zod schemas that runtimes are checked with.
// Does not own what the fields mean (described.ts). What zod checks in code is either said here in another way, or left to
// the controller, which says in the object's status what is wrong. Nothing that zod accepts is refused.
import { z } from 'zod';
import { envVar } from '../../model/container.ts';
import { delay, timeout } from '../../model/duration.ts';
import { mostInt32 } from '../../model/fields.ts';
import { objectReference, podSpec } from '../../model/pod-spec.ts';
import { quantity } from '../../model/quantity.ts';
import { scalingSpec, share } from '../../model/scaling-spec.ts';

/** A part of an OpenAPI v3 schema as Kubernetes reads it. */
export interface Structural {
  type?: string;
  format?: string;
  description?: string;
  properties?: Record<string, Structural>;
  additionalProperties?: Structural;
  items?: Structural;
  required?: string[];
  [keyword: string]: unknown;
}

interface Rule {
  readonly rule: string;
  readonly message: string;
  /** Makes the message of the values that are there; `string()` of a number would cost more than the API server allows. */
  readonly messageExpression?: string;
  readonly fieldPath?: string;
}

const descriptionOf = (schema: z.ZodType): string => z.globalRegistry.get(schema)?.description ?? '';

/** What `time.ParseDuration` reads, without minus. */
const goDuration = '[+]?(0|(([0-9]+([.][0-9]*)?|[.][0-9]+)(ns|us|µs|μs|ms|s|m|h))+)';
/** Longer ones no reader of ours reads; and the API server wants a bound to know what a rule costs. */
const longestDuration = 200;

const matching = (schema: z.ZodType, pattern: string): Structural => ({
  type: 'string',
  maxLength: longestDuration,
  'x-kubernetes-validations': [
    { rule: `self.matches('^(${pattern})$')`, message: `must be ${descriptionOf(schema)}` } satisfies Rule,
  ],
});

const oneSource: Rule = {
  rule: "!has(self.value) || self.value == '' || !has(self.valueFrom)",
  message: 'must have either value or valueFrom',
};

/** Objects that a list tells apart by name, so that a server-side apply changes one of them without the others. */
const byName = { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] };

/** A PodSpec goes through untouched: only what no pod can be without is looked at. */
function openPodSpec(given: Structural): Structural {
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const list = (named: Structural = {}): Structural => {
    const { required = [], properties = {} } = named.items ?? {};
    const own = Object.fromEntries(required.map((name) => [name, properties[name] ?? {}]));
    return { ...named, items: { ...open, required, properties: own }, ...byName };
  };
  const { containers, initContainers } = given.properties ?? {};
  const properties = { containers: list(containers), initContainers: list(initContainers) };
  return { ...open, required: ['containers'], properties };
}

const intOrString: Structural = {
  anyOf: [{ type: 'integer' }, { type: 'string' }],
  'x-kubernetes-int-or-string': true,
};

/** A number or a text, which no type of the API server's says both of: these bounds hold for the one, the pattern for the other. */
const shareOrPercent: Structural = {
  'x-kubernetes-preserve-unknown-fields': true,
  // Two digits, with or without a fraction, that are not all 0.
  pattern: '^(([0-9]?[1-9]|[1-9]0)([.][0-9]+)?|00?[.][0-9]*[1-9][0-9]*) ?%$',
  minimum: 0,
  exclusiveMinimum: true,
  maximum: 1,
  exclusiveMaximum: true,
};

/** Only of a class that is named: which one it is otherwise follows from annotations, which no rule sees. */
const scalingRules: readonly Rule[] = [
  {
    rule: '!has(self.min) || !has(self.max) || self.min <= self.max',
    message: 'min must be at most max',
    messageExpression: "'%d is more than max, which is %d'.format([self.min, self.max])",
    fieldPath: '.min',
  },
  {
    rule: "!has(self.class) || self.class != 'fixed' || (!has(self.min) && !has(self.max))",
    message: 'min and max mean nothing to class fixed, which holds warmPoolSize',
    fieldPath: '.class',
  },
  {
    rule: "!has(self.class) || self.class == 'target' || (!has(self.toZeroAfter) && !has(self.schedule))",
    message: 'toZeroAfter and schedule are for class target alone',
    fieldPath: '.class',
  },
];

const reference: Structural = {
  type: 'object',
  properties: { name: { type: 'string', default: '' } },
  'x-kubernetes-map-type': 'atomic',
};

/** What the JSON schema of a zod schema cannot say, by the schema itself. */
const replaced = new Map<unknown, (given: Structural) => Structural>([
  [timeout, () => matching(timeout, goDuration)],
  [delay, () => matching(delay, `never|${goDuration}`)],
  [quantity, () => intOrString],
  [envVar, (given) => ({ ...given, 'x-kubernetes-validations': [oneSource] })],
  [objectReference, () => reference],
  [podSpec, openPodSpec],
  [share, () => shareOrPercent],
  [scalingSpec, (given) => ({ ...given, 'x-kubernetes-validations': scalingRules })],
]);

/** Whole numbers of Go's int32, of int64 otherwise; zod bounds the latter by what a double counts exactly. */
function whole(given: Structural): Structural {
  const { minimum, maximum, ...rest } = given as Structural & { minimum?: number; maximum?: number };
  const small = maximum !== undefined && maximum <= mostInt32;
  return {
    ...rest,
    format: small ? 'int32' : 'int64',
    ...(minimum !== undefined && minimum !== Number.MIN_SAFE_INTEGER && { minimum }),
    ...(small && { maximum }),
  };
}

/** Unknown fields are pruned by the API server, and nothing may say of a field that it is not there. */
function closed({ additionalProperties, ...rest }: Structural): Structural {
  const keeps = typeof additionalProperties === 'object' && Object.keys(additionalProperties).length > 0;
  if (rest.type !== 'object' || rest.properties !== undefined) return rest;
  return keeps
    ? { ...rest, additionalProperties }
    : { ...rest, 'x-kubernetes-preserve-unknown-fields': true };
}

function replacedOf(schema: unknown, given: Structural): Structural {
  const description = given.description;
  const made = replaced.get(schema)?.(given) ?? given;
  return { ...made, ...(description !== undefined && { description }) };
}

function overwrite(target: object, content: Structural): void {
  for (const name of Object.keys(target)) Reflect.deleteProperty(target, name);
  Object.assign(target, content);
}

/** The structural schema of a zod schema; its descriptions are what zod's say was expected. */
export function structuralOf(schema: z.ZodType): Structural {
  return z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    unrepresentable: 'any',
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      const plain = closed(jsonSchema as Structural);
      const made = plain.type === 'integer' ? whole(plain) : plain;
      overwrite(jsonSchema, replacedOf(zodSchema, made));
    },
  }) as Structural;
}
