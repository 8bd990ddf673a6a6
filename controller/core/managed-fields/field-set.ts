// Sets of fields of an object, and their wire format `fieldsV1`. A set is a value: nothing here changes one that it was given.
// Does not own which fields an object has (fields.ts) nor who owns them (managers.ts).
// Source: sigs.k8s.io/structured-merge-diff v6, fieldpath/set.go and serialize.go.
import { compareElements, readElement, type Path, type PathElement } from './path-element.ts';

/** A tree. That a field has members below it does not make it a member. No subtree is empty. */
export interface FieldSet {
  readonly members: ReadonlySet<PathElement>;
  readonly children: ReadonlyMap<PathElement, FieldSet>;
}

export type FieldsV1 = Readonly<Record<string, unknown>>;

export const emptySet: FieldSet = { members: new Set(), children: new Map() };

export const isEmptySet = ({ members, children }: FieldSet): boolean =>
  members.size === 0 && children.size === 0;

/** The part of a set below one step. */
export const below = (set: FieldSet, element: PathElement): FieldSet => set.children.get(element) ?? emptySet;

const made = (
  members: Iterable<PathElement>,
  children: Iterable<readonly [PathElement, FieldSet]>,
): FieldSet => ({
  members: new Set(members),
  children: new Map([...children].filter(([, child]) => !isEmptySet(child))),
});

function withPath(set: FieldSet, [first, ...rest]: Path): FieldSet {
  if (first === undefined) return set;
  if (rest.length === 0) return { ...set, members: new Set([...set.members, first]) };
  const child = withPath(below(set, first), rest);
  return { ...set, children: new Map([...set.children, [first, child]]) };
}

/** The whole object is no field: a path without steps counts for nothing. */
export const setOf = (...paths: readonly Path[]): FieldSet => paths.reduce(withPath, emptySet);

export function hasPath(set: FieldSet, [first, ...rest]: Path): boolean {
  if (first === undefined) return false;
  return rest.length === 0 ? set.members.has(first) : hasPath(below(set, first), rest);
}

const keysOf = (one: FieldSet, other: FieldSet): Set<PathElement> =>
  new Set([...one.children.keys(), ...other.children.keys()]);

export const union = (one: FieldSet, other: FieldSet): FieldSet =>
  made(
    [...one.members, ...other.members],
    [...keysOf(one, other)].map((key) => [key, union(below(one, key), below(other, key))]),
  );

export function intersection(one: FieldSet, other: FieldSet): FieldSet {
  const shared = [...one.children].filter(([key]) => other.children.has(key));
  return made(
    [...one.members].filter((member) => other.members.has(member)),
    shared.map(([key, child]) => [key, intersection(child, below(other, key))]),
  );
}

/** What is in the one and not in the other: a member of the other takes nothing that is below it along. */
export const difference = (one: FieldSet, other: FieldSet): FieldSet =>
  made(
    [...one.members].filter((member) => !other.members.has(member)),
    [...one.children].map(([key, child]) => [key, difference(child, below(other, key))]),
  );

/** As difference, and a member of the other takes along what is below it. */
export const differenceWithChildren = (one: FieldSet, other: FieldSet): FieldSet =>
  made(
    [...one.members].filter((member) => !other.members.has(member)),
    [...one.children]
      .filter(([key]) => !other.members.has(key))
      .map(([key, child]) => [key, differenceWithChildren(child, below(other, key))]),
  );

const sorted = (elements: Iterable<PathElement>): PathElement[] => [...elements].sort(compareElements);

/** Every member's path: those of a level before those below it, each level in order. */
export function pathsOf(set: FieldSet, prefix: Path = []): Path[] {
  const here = sorted(set.members).map((member) => [...prefix, member]);
  return [
    ...here,
    ...sorted(set.children.keys()).flatMap((key) => pathsOf(below(set, key), [...prefix, key])),
  ];
}

export const sameSet = (one: FieldSet, other: FieldSet): boolean =>
  one.members.size === other.members.size &&
  one.children.size === other.children.size &&
  [...one.members].every((member) => other.members.has(member)) &&
  [...one.children].every(([key, child]) => sameSet(child, below(other, key)));

/** As managedFields have it: `{}` for a member, `.` for a member that has others below it. */
export function toFieldsV1(set: FieldSet): FieldsV1 {
  const entries = sorted(new Set([...set.members, ...set.children.keys()])).map((key) => {
    const child = set.children.get(key);
    if (!child) return [key, {}] as const;
    return [key, { ...(set.members.has(key) && { '.': {} }), ...toFieldsV1(child) }] as const;
  });
  return Object.fromEntries(entries);
}

const isObject = (value: unknown): value is FieldsV1 =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function read(fields: unknown): { readonly set: FieldSet; readonly isMember: boolean } {
  if (!isObject(fields)) throw new SyntaxError('fieldsV1 holds what is no object');
  const members: PathElement[] = [];
  const children: [PathElement, FieldSet][] = [];
  for (const [key, content] of Object.entries(fields)) {
    const element = key === '.' ? undefined : readElement(key);
    if (element === undefined) continue;
    const child = read(content);
    if (child.isMember) members.push(element);
    children.push([element, child.set]);
  }
  const set = made(members, children);
  return { set, isMember: Object.hasOwn(fields, '.') || isEmptySet(set) };
}

/** Steps of a kind that nobody knows are dropped. Throws where it cannot be read. */
export const fromFieldsV1 = (fields: unknown): FieldSet => read(fields).set;
