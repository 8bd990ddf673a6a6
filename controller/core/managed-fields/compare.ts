// Which fields two objects of a type have in one and not in the other, or in both and different.
// Source: sigs.k8s.io/structured-merge-diff v6, typed/compare.go.
import { setOf, type FieldSet } from './field-set.ts';
import { fieldTypeIn, type FieldType, type ListType, type MapType } from './field-type.ts';
import { fieldElement, type Path } from './path-element.ts';
import { itemsByStep, partsOf, sameValue, shapeOf, type Fields } from './typed.ts';

/** No field is in two of them. */
export interface Comparison {
  readonly removed: FieldSet;
  readonly modified: FieldSet;
  readonly added: FieldSet;
}

/** `undefined` says that there is none; null is a value. */
class Comparer {
  readonly removed: Path[] = [];
  readonly modified: Path[] = [];
  readonly added: Path[] = [];

  compare(type: FieldType, before: unknown, after: unknown, path: Path): void {
    const [was, is] = [shapeOf(type, before), shapeOf(type, after)];
    const isLeaf =
      before === undefined || after === undefined || was === is
        ? this.#shaped(type, after === undefined ? was : is, before, after, path)
        : (this.#shaped(type, was, before, after, path), this.#shaped(type, is, before, after, path));
    if (!isLeaf && before === undefined) this.added.push(path);
    if (!isLeaf && before !== undefined && after === undefined) this.removed.push(path);
  }

  /** Answers whether it was looked at as one value. */
  #shaped(
    type: FieldType,
    shape: ReturnType<typeof shapeOf>,
    before: unknown,
    after: unknown,
    path: Path,
  ): boolean {
    const parts = partsOf(type, shape, before, after);
    if (!parts) return this.#leaf(before, after, path);
    if (parts.map) this.#maps(parts.map, parts.before, parts.after, path);
    else this.#lists(parts.list, parts.before, parts.after, path);
    return false;
  }

  #leaf(before: unknown, after: unknown, path: Path): true {
    if (before === undefined) this.added.push(path);
    else if (after === undefined) this.removed.push(path);
    else if (!sameValue(before, after)) this.modified.push(path);
    return true;
  }

  #maps(map: MapType, ours: Fields, theirs: Fields, path: Path): void {
    for (const name of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
      const type = fieldTypeIn(map, name);
      const before = Object.hasOwn(ours, name) ? ours[name] : undefined;
      const after = Object.hasOwn(theirs, name) ? theirs[name] : undefined;
      if (type) this.compare(type, before, after, [...path, fieldElement(name)]);
    }
  }

  #lists(list: ListType, ours: readonly unknown[], theirs: readonly unknown[], path: Path): void {
    const [before, after] = [itemsByStep(list, ours), itemsByStep(list, theirs)];
    for (const step of new Set([...before.keys(), ...after.keys()]))
      this.#items(list.element, before.get(step) ?? [], after.get(step) ?? [], [...path, step]);
  }

  /** Elements with the same step: what is there more than once is compared as one value. */
  #items(type: FieldType, before: readonly unknown[], after: readonly unknown[], path: Path): void {
    if (before.length <= 1 && after.length <= 1) return this.compare(type, before[0], after[0], path);
    if (before.length >= 2 && after.length >= 2) {
      if (!sameValue(before, after)) this.modified.push(path);
      return;
    }
    if (before.length >= 2) {
      if (after.length > 0) this.compare(type, undefined, after[0], path);
      this.removed.push(path);
      return;
    }
    if (before.length > 0) this.compare(type, before[0], undefined, path);
    this.added.push(path);
  }
}

export function compareObjects(type: FieldType, before: unknown, after: unknown): Comparison {
  const comparer = new Comparer();
  comparer.compare(type, before, after, []);
  const { removed, modified, added } = comparer;
  return { removed: setOf(...removed), modified: setOf(...modified), added: setOf(...added) };
}
