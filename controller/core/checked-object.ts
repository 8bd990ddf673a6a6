// Whether an object is valid: what its definition's schema says of it, in an API server's words, and what our own schemas in model/
// say beyond that, in the same form. Decides only.
import { validateRuntime, type Problem } from '../../model/problem.ts';
import { validateTrigger, type Resource, type ResourceKind } from '../../model/resource.ts';
import { triggerKind } from '../../model/trigger.ts';
import type { SchemaPart } from './managed-fields/field-type.ts';
import { fieldsIn, isFields, type Fields } from './managed-fields/typed.ts';
import { metadataFaults } from './object-metadata.ts';
import { counts } from './passed-on.ts';
import { invalid, invalidWhole, required, type FieldError } from './structural/field-error.ts';
import { schemaFaults } from './structural/validate.ts';

export type CheckedObject =
  | { readonly ok: true; readonly object: Resource; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

type Checked =
  | { readonly ok: true; readonly object: Resource; readonly passedOver: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

function byModel(kind: ResourceKind, object: Fields): Checked {
  if (kind === triggerKind) {
    const checked = validateTrigger(object);
    return checked.ok ? { ok: true, object: checked.resource, passedOver: [] } : checked;
  }
  const checked = validateRuntime(object, undefined, counts);
  return checked.ok ? { ok: true, object: checked.runtime, passedOver: checked.passedOver ?? [] } : checked;
}

const namesIn = (path: string): string[] => path.match(/[^.[\]]+/g) ?? [];

/** The value at a path such as `spec.ports[0].name`; undefined where there is none. */
const valueAt = (object: unknown, path: string): unknown =>
  namesIn(path).reduce<unknown>((value, name) => {
    if (Array.isArray(value)) return value[Number(name)] as unknown;
    return isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }, object);

interface Rule {
  readonly message: string;
  readonly messageExpression?: string;
  readonly fieldPath?: string;
}

const rulesOf = (part: SchemaPart | undefined): readonly Rule[] =>
  (part?.['x-kubernetes-validations'] ?? []) as readonly Rule[];

/** The parts of a schema on the way to a path, from the outside in. */
function partsTo(schema: SchemaPart, path: string): (SchemaPart | undefined)[] {
  const parts: (SchemaPart | undefined)[] = [schema];
  for (const name of namesIn(path)) {
    const part = parts.at(-1);
    parts.push(/^\d+$/.test(name) ? part?.items : (part?.properties?.[name] ?? part?.additionalProperties));
  }
  return parts;
}

/** What the definition's own rule says, where it has one for the field that model/ found wrong. */
function byRule({ path, message }: Problem, object: Fields, schema: SchemaPart): FieldError | undefined {
  const parts = partsTo(schema, path);
  const [own, ...others] = rulesOf(parts.at(-1));
  if (own && others.length === 0) return invalid(path, valueAt(object, path), own.message);
  const name = `.${namesIn(path).at(-1) ?? ''}`;
  const [outer, ...more] = rulesOf(parts.at(-2)).filter(({ fieldPath }) => fieldPath === name);
  if (!outer || more.length > 0) return undefined;
  return invalidWhole(path, outer.messageExpression === undefined ? outer.message : message);
}

function errorOf(problem: Problem, object: Fields, schema: SchemaPart): FieldError {
  const { path, message, expected } = problem;
  if (message === 'is missing') return required(path);
  const ruled = byRule(problem, object, schema);
  if (ruled) return ruled;
  const value = valueAt(object, path);
  const detail = /^got /.test(message) ? `must be ${expected}` : `${message} (expected ${expected})`;
  return typeof value === 'object' || value === undefined
    ? invalidWhole(path, detail)
    : invalid(path, value, detail);
}

/** Where one of these is wrong, an API server looks no further. */
const blocking: readonly FieldError['reason'][] = [
  'FieldValueRequired',
  'FieldValueNotSupported',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
];

const lookedNoFurther = invalid(
  '<nil>',
  null,
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
);

/** Whether a field, or something around it, was found wrong already. */
const isKnown = (errors: readonly FieldError[], { path }: Problem): boolean =>
  errors.some(({ field }) => path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`));

const hasRules = (part: SchemaPart): boolean =>
  rulesOf(part).length > 0 ||
  Object.values(part.properties ?? {}).some(hasRules) ||
  [part.items, part.additionalProperties].some((inner) => inner !== undefined && hasRules(inner));

/** What the object would be as one of its kind, or everything that is wrong with it. */
export function checkedObject(kind: ResourceKind, object: Fields, schema: SchemaPart): CheckedObject {
  const known = [...metadataFaults(fieldsIn(object['metadata']) ?? {}), ...schemaFaults(object, schema)];
  const { status: _, ...given } = object;
  if (known.some(({ reason }) => blocking.includes(reason)))
    return { ok: false, errors: [...known, ...(hasRules(schema) ? [lookedNoFurther] : [])] };
  const checked = byModel(kind, given);
  const more = checked.ok ? [] : checked.problems.filter((problem) => !isKnown(known, problem));
  const errors = [...known, ...more.map((problem) => errorOf(problem, object, schema))];
  if (!checked.ok || errors.length > 0) return { ok: false, errors };
  const warnings = checked.passedOver.map(({ path }) => `${path} is not known here, and has no effect`);
  return { ok: true, object: checked.object, warnings };
}
