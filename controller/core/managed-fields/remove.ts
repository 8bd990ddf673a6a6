// An object without some of its fields. What is left empty by it is left out; what was empty before stays out too.
// Source: sigs.k8s.io/structured-merge-diff v6, typed/remove.go; fieldpath/set.go (EnsureNamedFieldsAreMembers).
import { below, hasPath, isEmptySet, type FieldSet } from './field-set.ts';
import { fieldTypeIn, type FieldType, type ListType, type MapType } from './field-type.ts';
import { fieldElement, fieldName, isKey, type PathElement } from './path-element.ts';
import { elementsIn, fieldsIn, shapeOf, stepOrNone, type Fields } from './typed.ts';

function withoutItems(list: ListType, items: readonly unknown[], gone: FieldSet): unknown {
  const kept = items.flatMap((item) => {
    const step = stepOrNone(list, item);
    if (step === undefined) return [item];
    if (hasPath(gone, [step])) return [];
    const inner = below(gone, step);
    // What nothing is left of is null, as in Go.
    return [isEmptySet(inner) ? item : (without(list.element, item, inner) ?? null)];
  });
  return kept.length === 0 ? undefined : kept;
}

function withoutFields(map: MapType, fields: Fields, gone: FieldSet): unknown {
  const kept = Object.entries(fields).flatMap(([name, content]): [string, unknown][] => {
    const step = fieldElement(name);
    if (hasPath(gone, [step])) return [];
    const inner = below(gone, step);
    const type = fieldTypeIn(map, name);
    return [[name, isEmptySet(inner) || !type ? content : (without(type, content, inner) ?? null)]];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

function without(type: FieldType, value: unknown, gone: FieldSet): unknown {
  const shape = shapeOf(type, value);
  if (shape === 'map' && type.map) {
    const fields = fieldsIn(value);
    return fields === undefined || type.map.atomic ? undefined : withoutFields(type.map, fields, gone);
  }
  if (shape === 'list' && type.list) {
    const items = elementsIn(value);
    return items === undefined || type.list.atomic ? undefined : withoutItems(type.list, items, gone);
  }
  return value;
}

export const withoutSet = (type: FieldType, value: Fields, gone: FieldSet): Fields =>
  (without(type, value, gone) as Fields | undefined) ?? {};

function typeBelow(type: FieldType | undefined, step: PathElement): FieldType | undefined {
  const name = fieldName(step);
  if (name !== undefined) return type?.map && fieldTypeIn(type.map, name);
  return isKey(step) ? type?.list?.element : undefined;
}

/** The set with each named field on the way to a member as a member too, so that removing the last of its parts removes it. */
export function withNamedFields(set: FieldSet, type: FieldType | undefined): FieldSet {
  const isNamed = (step: PathElement): boolean => {
    const name = fieldName(step);
    return name !== undefined && type?.map?.fields.has(name) === true;
  };
  return {
    members: new Set([...set.members, ...[...set.children.keys()].filter(isNamed)]),
    children: new Map(
      [...set.children].map(([step, child]) => [step, withNamedFields(child, typeBelow(type, step))]),
    ),
  };
}
