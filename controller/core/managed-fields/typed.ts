// What a value is by its type: which of the types that a field may have it has, and which step leads to each element of a list.
// Source: sigs.k8s.io/structured-merge-diff v6, typed/helpers.go.
import type { FieldType, ListType, MapType } from './field-type.ts';
import { keyElement, valueElement, type PathElement } from './path-element.ts';

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The fields of a map; undefined for what is none, null too. */
export const fieldsIn = (value: unknown): Fields | undefined => (isFields(value) ? value : undefined);

/** The elements of a list; undefined for what is none. */
export const elementsIn = (value: unknown): readonly unknown[] | undefined =>
  Array.isArray(value) ? (value as readonly unknown[]) : undefined;

export type Shape = 'map' | 'list' | 'scalar';

const firstOf = (type: FieldType): Shape | undefined => {
  if (type.map) return 'map';
  return type.scalar === undefined ? type.list && 'list' : 'scalar';
};

function looksLike(value: unknown): Shape | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) return 'list';
  return typeof value === 'object' ? 'map' : 'scalar';
}

/** Which of its types a value is taken for; one that it cannot be by its looks is taken for the first of them. */
export function shapeOf(type: FieldType, value: unknown): Shape | undefined {
  const looks = looksLike(value);
  return looks !== undefined && type[looks] !== undefined ? looks : firstOf(type);
}

const none: Fields = {};

/** Two values of a map or a list, part by part. A part that is missing is empty. */
export type Parts =
  | { readonly map: MapType; readonly before: Fields; readonly after: Fields }
  | {
      readonly map?: undefined;
      readonly list: ListType;
      readonly before: readonly unknown[];
      readonly after: readonly unknown[];
    };

const mapParts = (map: MapType, before: unknown, after: unknown): Parts | undefined => {
  const [ours, theirs] = [fieldsIn(before) ?? none, fieldsIn(after) ?? none];
  const isEmpty = Object.keys(ours).length === 0 && Object.keys(theirs).length === 0;
  return isEmpty ? undefined : { map, before: ours, after: theirs };
};

const listParts = (list: ListType, before: unknown, after: unknown): Parts | undefined => {
  const [ours, theirs] = [elementsIn(before) ?? [], elementsIn(after) ?? []];
  return ours.length === 0 && theirs.length === 0 ? undefined : { list, before: ours, after: theirs };
};

/** The parts of two values; undefined where both are looked at as one: scalars, atomic ones, and where both are empty. */
export function partsOf(
  { map, list }: FieldType,
  shape: Shape | undefined,
  before: unknown,
  after: unknown,
): Parts | undefined {
  if (shape === 'map' && map?.atomic === false) return mapParts(map, before, after);
  return shape === 'list' && list?.atomic === false ? listParts(list, before, after) : undefined;
}

/** A fault in a list's element that has no step of its own. */
export class ElementFault extends Error {}

function keyOf({ keys, element }: ListType, item: unknown): PathElement {
  if (item === null) throw new ElementFault('associative list with keys may not have a null element');
  if (!isFields(item)) throw new ElementFault('associative list with keys may not have non-map elements');
  const defaults = element.map?.defaults;
  const given = keys.flatMap((key): [string, unknown][] => {
    const value = Object.hasOwn(item, key) ? item[key] : defaults?.get(key);
    return value === undefined ? [] : [[key, value]];
  });
  if (given.length > 0) return keyElement(Object.fromEntries(given));
  const names = `[${keys.map((key) => JSON.stringify(key)).join(' ')}]`;
  throw new ElementFault(
    `associative list with keys has an element that omits all key fields ${names} (and doesn't have default values for any key fields)`,
  );
}

/** The step to an element of a list that is not atomic. Throws ElementFault. */
export function stepTo(list: ListType, item: unknown): PathElement {
  if (list.keys.length > 0) return keyOf(list, item);
  if (isFields(item))
    throw new ElementFault("associative list without keys has an element that's a map type");
  if (Array.isArray(item)) throw new ElementFault('not supported: associative list with lists as elements');
  if (item === null)
    throw new ElementFault("associative list without keys has an element that's an explicit null");
  return valueElement(item);
}

/** The elements by their steps, in order; what has no step is left out. */
export function itemsByStep(list: ListType, items: readonly unknown[]): Map<PathElement, unknown[]> {
  const found = new Map<PathElement, unknown[]>();
  for (const item of items) {
    const step = stepOrNone(list, item);
    if (step !== undefined) found.set(step, [...(found.get(step) ?? []), item]);
  }
  return found;
}

/** As stepTo; undefined where it throws. */
export function stepOrNone(list: ListType, item: unknown): PathElement | undefined {
  try {
    return stepTo(list, item);
  } catch (fault) {
    if (fault instanceof ElementFault) return undefined;
    throw fault;
  }
}

/** Whether two JSON values are equal; the order of an object's fields does not count. */
export function sameValue(one: unknown, other: unknown): boolean {
  if (Array.isArray(one))
    return (
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((item, at) => sameValue(item, other[at]))
    );
  if (!isFields(one) || !isFields(other)) return one === other;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && sameValue(one[name], other[name]))
  );
}
