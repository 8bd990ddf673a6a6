// What keeps an applied object from being merged at all: fields that nobody declared, values of another type, elements without
// a step or with that of another. In Kubernetes' words, which are those of Go.
// Does not own what values are valid otherwise. Source: sigs.k8s.io/structured-merge-diff v6, typed/validate.go.
import { fieldTypeIn, type FieldType, type ListType, type MapType, type Scalar } from './field-type.ts';
import { elementText, fieldElement } from './path-element.ts';
import { ElementFault, elementsIn, fieldsIn, shapeOf, stepTo, type Fields } from './typed.ts';

interface TypedFault {
  readonly path: string;
  readonly message: string;
}

/** Go's `%v` of what JSON was read to. */
function goText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  const fields = fieldsIn(value);
  if (!fields)
    return typeof value === 'string' ? value : (JSON.stringify(value) ?? '<nil>').replace(/^null$/, '<nil>');
  const entries = Object.entries(fields).sort(([one], [other]) => (one < other ? -1 : 1));
  return `map[${entries.map(([name, content]) => `${name}:${goText(content)}`).join(' ')}]`;
}

/** Go's `%#v` of it. */
function goSyntax(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  const fields = fieldsIn(value);
  if (!fields) return value === null ? 'interface {}(nil)' : JSON.stringify(value);
  const entries = Object.entries(fields).sort(([one], [other]) => (one < other ? -1 : 1));
  const inner = entries.map(([name, content]) => `${JSON.stringify(name)}:${goSyntax(content)}`);
  return `map[string]interface {}{${inner.join(', ')}}`;
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'object') return 'map[string]interface {}';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** What was wanted, where a value is no such scalar. */
function scalarFault(scalar: Scalar, value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (scalar === 'numeric' && typeof value !== 'number')
    return `expected numeric (int or float), got ${goType(value)}`;
  if (scalar === 'string' && typeof value !== 'string')
    return `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`;
  if (scalar === 'boolean' && typeof value !== 'boolean') return `expected boolean, got &{${goText(value)}}`;
  const isScalar = scalar !== 'untyped' || typeof value !== 'object';
  return isScalar ? undefined : `expected any scalar, got &{${goText(value)}}`;
}

const at = (path: string, message: string): TypedFault[] => [{ path, message }];

function inMap(map: MapType, value: unknown, path: string): TypedFault[] {
  if (value === null) return [];
  const fields = fieldsIn(value);
  if (!fields) return at(path, `expected map, got &{${goText(value)}}`);
  return Object.entries(fields).flatMap(([name, content]) => {
    const type = fieldTypeIn(map, name);
    const below = path + elementText(fieldElement(name));
    return type ? faultsIn(type, content, below) : at(below, 'field not declared in schema');
  });
}

/** The step to an element, or why there is none. */
function stepOf(list: ListType, item: unknown, index: number): { step: string } | { fault: string } {
  if (list.atomic) return { step: `i:${index}` };
  try {
    return { step: stepTo(list, item) };
  } catch (fault) {
    if (fault instanceof ElementFault) return { fault: `element ${index}: ${fault.message}` };
    throw fault;
  }
}

function inList(list: ListType, value: unknown, path: string): TypedFault[] {
  if (value === null) return [];
  const items = elementsIn(value);
  if (!items) return at(path, `expected list, got &{${goText(value)}}`);
  const seen = new Set<string>();
  const found: TypedFault[] = [];
  for (const [index, item] of items.entries()) {
    const known = stepOf(list, item, index);
    if ('fault' in known) return [...found, ...at(path, known.fault)];
    const text = elementText(known.step);
    if (seen.has(text)) found.push(...at(path, `duplicate entries for key ${text}`));
    seen.add(text);
    found.push(...faultsIn(list.element, item, path + text));
  }
  return found;
}

function faultsIn(type: FieldType, value: unknown, path: string): TypedFault[] {
  const shape = shapeOf(type, value);
  if (shape === 'map' && type.map) return inMap(type.map, value, path);
  if (shape === 'list' && type.list) return inList(type.list, value, path);
  const message = type.scalar && scalarFault(type.scalar, value);
  return message === undefined ? [] : at(path, message);
}

const lineOf = ({ path, message }: TypedFault): string => (path === '' ? message : `${path}: ${message}`);

/** All of it as one text; undefined when the object can be merged. */
export function typedFault(type: FieldType, value: Fields): string | undefined {
  const lines = faultsIn(type, value, '').map(lineOf);
  if (lines.length <= 1) return lines[0];
  return ['errors:', ...lines.map((line) => `  ${line}`)].join('\n');
}
