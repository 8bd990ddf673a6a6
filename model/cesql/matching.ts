// The operators of CESQL that look things up: EXISTS, LIKE and IN (CESQL 1.0, section 3.4). Does not own patterns (like.ts).
import { attributeOf, required } from './attributes.ts';
import { likeMatcher } from './like.ts';
import type { In, Like, Value } from './node.ts';
import { sameAs, type Closure, type Run, type Term } from './run.ts';

/** Whether the event has an attribute; of those that every valid event has, always. */
export const exists = (name: string): Closure<boolean> =>
  required.has(name) ? () => true : ({ attributes }) => attributeOf(attributes, name) !== undefined;

/** Whether an operand matches a pattern, or does not. */
export function like({ pattern, negated }: Like, operand: Closure<string>): Closure<boolean> {
  const matches = likeMatcher(pattern);
  return (run) => {
    const text = operand(run);
    return run.failure === undefined && matches(text) !== negated;
  };
}

/** The elements are cast to the type of what is looked for, one after the other until one is it (section 3.4.5). */
function isAmong(value: Value, set: readonly Term[], run: Run): boolean {
  for (const { value: element, at } of set) {
    const candidate = element(run);
    if (run.failure !== undefined) return false;
    if (sameAs(candidate, value, run, at)) return true;
    if (run.failure !== undefined) return false;
  }
  return false;
}

/** Whether an operand is among others. A set of literals is not searched for a text but looked up. */
export function isIn({ negated, set: nodes }: In, operand: Term, set: readonly Term[]): Closure<boolean> {
  const literals = nodes.flatMap((node) => (node.kind === 'literal' ? [String(node.value)] : []));
  const texts = literals.length === nodes.length ? new Set(literals) : undefined;
  return (run) => {
    const value = operand.value(run);
    if (run.failure !== undefined) return false;
    const found =
      texts !== undefined && typeof value === 'string' ? texts.has(value) : isAmong(value, set, run);
    return run.failure === undefined && found !== negated;
  };
}
