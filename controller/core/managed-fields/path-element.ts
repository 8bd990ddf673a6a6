// One step of a field's path, as managedFields write it: `f:name`, `k:{"name":"x"}`, `v:"x"` or `i:0`.
// A step is its own canonical text, so that equal steps are equal strings. Does not own sets of paths (field-set.ts).
// Source: sigs.k8s.io/structured-merge-diff v6, fieldpath/element.go and serialize-pe.go.

/** A step as text; made by the functions below alone. */
export type PathElement = string;

export type Path = readonly PathElement[];

type Key = Readonly<Record<string, unknown>>;

export const fieldElement = (name: string): PathElement => `f:${name}`;

/** The element of a set. */
export const valueElement = (value: unknown): PathElement => `v:${JSON.stringify(value)}`;

/** The element of a list that has these key fields; their order does not count. */
export function keyElement(key: Key): PathElement {
  const sorted = Object.entries(key).sort(([one], [other]) => (one < other ? -1 : 1));
  return `k:${JSON.stringify(Object.fromEntries(sorted))}`;
}

/** The name of a field; undefined where the step is none. */
export const fieldName = (element: PathElement): string | undefined =>
  element.startsWith('f:') ? element.slice(2) : undefined;

export const isKey = (element: PathElement): boolean => element.startsWith('k:');

const contentOf = (element: PathElement): unknown => JSON.parse(element.slice(2)) as unknown;

const isObject = (value: unknown): value is Key =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A step as it was sent, in its canonical text. Undefined for a kind of step that nobody knows yet. Throws where it cannot be read. */
export function readElement(text: string): PathElement | undefined {
  if (text[1] !== ':') throw new SyntaxError(`missing colon: ${text}`);
  if (text.startsWith('f:')) return text;
  if (text.startsWith('v:')) return valueElement(contentOf(text));
  if (text.startsWith('i:')) return /^i:\d+$/.test(text) ? text : undefined;
  if (!text.startsWith('k:')) return undefined;
  const key = contentOf(text);
  if (!isObject(key)) throw new SyntaxError(`no key: ${text}`);
  return keyElement(key);
}

const kinds = ['f', 'k', 'v', 'i'];
const types = ['number', 'string', 'boolean', 'object'];

const compareTexts = (one: string, other: string): number => (one < other ? -1 : Number(one > other));

function compareValues(one: unknown, other: unknown): number {
  const byType = types.indexOf(typeof one) - types.indexOf(typeof other);
  if (byType !== 0) return byType;
  if (typeof one === 'number') return one - Number(other);
  return compareTexts(JSON.stringify(one), JSON.stringify(other));
}

function compareKeys(one: Key, other: Key): number {
  const [ours, theirs] = [Object.entries(one), Object.entries(other)];
  for (const [index, [name, value]] of ours.entries()) {
    const [otherName, otherValue] = theirs[index] ?? [];
    if (otherName === undefined) return 1;
    const order = compareTexts(name, otherName) || compareValues(value, otherValue);
    if (order !== 0) return order;
  }
  return ours.length - theirs.length;
}

/** In which order steps are written: fields, keys, values, indexes. */
export function compareElements(one: PathElement, other: PathElement): number {
  const byKind = kinds.indexOf(one[0] ?? '') - kinds.indexOf(other[0] ?? '');
  if (byKind !== 0) return byKind;
  if (one.startsWith('k:')) return compareKeys(contentOf(one) as Key, contentOf(other) as Key);
  if (one.startsWith('v:')) return compareValues(contentOf(one), contentOf(other));
  if (one.startsWith('i:')) return Number(one.slice(2)) - Number(other.slice(2));
  return compareTexts(one, other);
}

/** As a person reads it: `.name`, `[name="x"]`, `[="x"]`, `[0]`. */
export function elementText(element: PathElement): string {
  if (element.startsWith('f:')) return `.${element.slice(2)}`;
  if (element.startsWith('i:')) return `[${element.slice(2)}]`;
  if (element.startsWith('v:')) return `[=${element.slice(2)}]`;
  const fields = Object.entries(contentOf(element) as Key);
  return `[${fields.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
}

/** For example `.spec.containers[name="x"].image`. */
export const pathText = (path: Path): string => path.map(elementText).join('');
