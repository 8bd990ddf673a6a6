// Which fields an object has: each leaf, each element of a list that merges, each entry of a map whose names are free.
// Source: sigs.k8s.io/structured-merge-diff v6, typed/tofieldset.go.
import { setOf, type FieldSet } from './field-set.ts';
import { fieldTypeIn, type FieldType, type ListType, type MapType } from './field-type.ts';
import { fieldElement, type Path } from './path-element.ts';
import { elementsIn, fieldsIn, itemsByStep, shapeOf } from './typed.ts';

function ofItems(list: ListType, value: unknown, path: Path): Path[] {
  if (list.atomic) return [path];
  return [...itemsByStep(list, elementsIn(value) ?? [])].flatMap(([step, items]) => {
    const at = [...path, step];
    // What is there more than once is one field: nobody can tell its parts apart.
    return items.length > 1 ? [at] : [at, ...pathsIn(list.element, items[0], at)];
  });
}

const isEmptyMap = (value: unknown): boolean => Object.keys(fieldsIn(value) ?? { some: 1 }).length === 0;

function ofMap(map: MapType, value: unknown, path: Path): Path[] {
  if (map.atomic) return [path];
  return Object.entries(fieldsIn(value) ?? {}).flatMap(([name, content]) => {
    const at = [...path, fieldElement(name)];
    const itself = content === null || isEmptyMap(content) || !map.fields.has(name);
    const type = fieldTypeIn(map, name);
    return [...(itself ? [at] : []), ...(type ? pathsIn(type, content, at) : [])];
  });
}

function pathsIn(type: FieldType, value: unknown, path: Path): Path[] {
  const shape = shapeOf(type, value);
  if (shape === 'map' && type.map) return ofMap(type.map, value, path);
  if (shape === 'list' && type.list) return ofItems(type.list, value, path);
  return [path];
}

/** Every field that an object of a type has. */
export const fieldSetOf = (type: FieldType, value: unknown): FieldSet => setOf(...pathsIn(type, value, []));
