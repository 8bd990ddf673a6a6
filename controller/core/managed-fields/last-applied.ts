// `kubectl apply --server-side` over what `kubectl apply` made: fields that it applied from its own side, and that are still so,
// are no conflict to it; and its annotation goes on telling what was applied, so that one can go back.
// Does not own the apply itself (ownership.ts). Source: k8s.io/apimachinery/pkg/util/managedfields/internal/lastapplied*.go.
import { compareObjects } from './compare.ts';
import { difference, isEmptySet, type FieldSet } from './field-set.ts';
import type { FieldType } from './field-type.ts';
import { fieldSetOf } from './fields.ts';
import type { Taken } from './ownership.ts';
import { typedFault } from './typed-faults.ts';
import { fieldsIn, isFields, type Fields } from './typed.ts';

/** The manager that does so. */
export const kubectl = 'kubectl';

const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
/** As much as all annotations together may have (bytes). */
const longest = 256 * 1024;

const annotationsOf = (object: Fields): Fields =>
  fieldsIn(fieldsIn(object['metadata'])?.['annotations']) ?? {};

const textOf = (object: Fields): string => {
  const text = annotationsOf(object)[annotation];
  return typeof text === 'string' ? text : '';
};

function parsed(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The fields that kubectl applied from its side, and that are as it applied them; undefined when it did not. */
function stillApplied(type: FieldType, live: Fields): FieldSet | undefined {
  const text = textOf(live);
  const last = text === '' ? undefined : parsed(text);
  if (!last || last['apiVersion'] !== live['apiVersion']) return undefined;
  if (typedFault(type, last) !== undefined) return undefined;
  const { modified, added, removed } = compareObjects(type, last, live);
  return [modified, added, removed].reduce(difference, fieldSetOf(type, last));
}

/** What is taken from others besides that. */
export function takenBeyond(type: FieldType, live: Fields, taken: readonly Taken[]): readonly Taken[] {
  const allowed = stillApplied(type, live);
  if (!allowed) return taken;
  return taken
    .map(({ owner, fields }) => ({ owner, fields: difference(fields, allowed) }))
    .filter(({ fields }) => !isEmptySet(fields));
}

const withAnnotations = (object: Fields, annotations: Fields): Fields => ({
  ...object,
  metadata: { ...fieldsIn(object['metadata']), annotations },
});

/** As Go writes it: fields in order. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isFields(value)) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, sorted(value[name])]));
};

function configText(config: Fields): string {
  const { [annotation]: _, ...others } = annotationsOf(config);
  const has = fieldsIn(config['metadata'])?.['annotations'] !== undefined;
  return `${JSON.stringify(sorted(has ? withAnnotations(config, others) : config))}\n`;
}

const sizeOf = (annotations: Fields): number =>
  Object.entries(annotations).reduce((sum, [name, value]) => sum + name.length + String(value).length, 0);

/** The object with the annotation that tells what was applied now, where it has one. */
export function retold(object: Fields, config: Fields): Fields {
  if (textOf(object) === '') return object;
  const { [annotation]: _, ...kept } = annotationsOf(object);
  const annotations = { ...kept, [annotation]: configText(config) };
  return withAnnotations(object, sizeOf(annotations) > longest ? kept : annotations);
}
