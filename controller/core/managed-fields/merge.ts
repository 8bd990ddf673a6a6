// What an object becomes when a part of one is applied over it: nothing is removed, and what both say the applied one decides.
// Source: sigs.k8s.io/structured-merge-diff v6, typed/merge.go.
import { fieldTypeIn, type FieldType, type ListType, type MapType } from './field-type.ts';
import type { PathElement } from './path-element.ts';
import { partsOf, shapeOf, stepTo, type Fields } from './typed.ts';

interface Item {
  readonly step: PathElement;
  readonly value: unknown;
}

const stepped = (list: ListType, items: readonly unknown[]): Item[] =>
  items.map((value) => ({ step: stepTo(list, value), value }));

/** By step; what is there more than once is not merged with anything. */
function indexed(items: readonly Item[]): Map<PathElement, unknown> {
  const found = new Map<PathElement, unknown>();
  for (const { step, value } of items) found.set(step, found.has(step) ? null : value);
  return found;
}

/**
 * Merges two lists into one order: elements that both have come in the applied list's order, the others stay where they are
 * between them.
 */
class ListMerge {
  readonly #list: ListType;
  readonly #live: readonly Item[];
  readonly #applied: readonly Item[];
  readonly #liveBy: ReadonlyMap<PathElement, unknown>;
  readonly #appliedBy: ReadonlyMap<PathElement, unknown>;
  readonly #shared: PathElement[];
  readonly #merged = new Set<PathElement>();
  readonly #out: unknown[] = [];
  #atLive = 0;
  #atApplied = 0;

  constructor(list: ListType, live: readonly unknown[], applied: readonly unknown[]) {
    this.#list = list;
    this.#live = stepped(list, live);
    this.#applied = stepped(list, applied);
    this.#liveBy = indexed(this.#live);
    this.#appliedBy = indexed(this.#applied);
    this.#shared = this.#applied.map(({ step }) => step).filter((step) => this.#liveBy.has(step));
  }

  run(): readonly unknown[] {
    for (;;) {
      const live = this.#live[this.#atLive];
      const applied = this.#applied[this.#atApplied];
      if (!live && !applied) return this.#out;
      if (live && applied && this.#both(live, applied)) continue;
      if (live && this.#onlyLive(live)) continue;
      if (applied) this.#takeApplied(applied.step);
    }
  }

  #both(live: Item, applied: Item): boolean {
    if (live.step === applied.step) {
      this.#takeApplied(live.step);
      this.#atLive += 1;
      return true;
    }
    const next = this.#shared[0];
    const isLater = this.#appliedBy.has(live.step) && next !== undefined && next !== live.step;
    if (isLater) this.#atLive += 1;
    return isLater;
  }

  #onlyLive({ step, value }: Item): boolean {
    if (!this.#appliedBy.has(step)) {
      this.#add(value, undefined);
      this.#atLive += 1;
      return true;
    }
    if (this.#merged.has(step)) this.#atLive += 1;
    return false;
  }

  #takeApplied(step: PathElement): void {
    this.#merged.add(step);
    this.#add(this.#liveBy.get(step), this.#appliedBy.get(step));
    this.#atApplied += 1;
    if (this.#shared[0] === step) this.#shared.shift();
  }

  #add(live: unknown, applied: unknown): void {
    const merged = mergeValues(this.#list.element, live, applied);
    if (merged !== undefined) this.#out.push(merged);
  }
}

function mergeMaps(map: MapType, live: Fields, applied: Fields): Fields | undefined {
  const merged = [...new Set([...Object.keys(live), ...Object.keys(applied)])].map((name) => {
    const type = fieldTypeIn(map, name);
    const ours = Object.hasOwn(live, name) ? live[name] : undefined;
    const theirs = Object.hasOwn(applied, name) ? applied[name] : undefined;
    return [name, type && mergeValues(type, ours, theirs)] as const;
  });
  const kept = merged.filter(([, value]) => value !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** `undefined` says that there is none; null is a value. */
function mergeValues(type: FieldType, live: unknown, applied: unknown): unknown {
  const either = applied === undefined ? live : applied;
  const parts = partsOf(type, shapeOf(type, either), live, applied);
  if (!parts) return either;
  if (parts.map) return mergeMaps(parts.map, parts.before, parts.after);
  const items = new ListMerge(parts.list, parts.before, parts.after).run();
  return items.length === 0 ? undefined : items;
}

/** Both are of the type; the applied one was checked for elements without a step (typed-faults.ts). */
export const mergeObjects = (type: FieldType, live: Fields, applied: Fields): Fields =>
  (mergeValues(type, live, applied) as Fields | undefined) ?? {};
