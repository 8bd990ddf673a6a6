// CESQL, the SQL expression language of CloudEvents 1.0 (https://github.com/cloudevents/spec/blob/main/cesql/spec.md):
// reads an expression once, then evaluates it for any number of events. Does not own who filters what by it.
// Nothing here throws: not for any text, and not for any attributes.
import type { Attributes } from './attributes.ts';
import type { Node, Value } from './node.ts';
import { parse } from './parser.ts';
import { placeOf, Unreadable, type CesqlProblem } from './problem.ts';
import type { Run, Term } from './run.ts';
import { termOf } from './term.ts';
import type { StaticType } from './values.ts';

/** In UTF-16 units. */
export const longestExpression = 8_192;

export interface Evaluation {
  /** When there are errors: the zero value of the expression's type, or what the failing function gives. */
  readonly value: Value;
  /** Evaluation ends with the first error, so that there is one at most. */
  readonly errors: readonly CesqlProblem[];
}

export class Expression {
  readonly #text: string;
  readonly #term: Term;

  constructor(text: string, term: Term) {
    this.#text = text;
    this.#term = term;
  }

  /** The type of its values; `any` for a bare attribute. */
  get type(): StaticType {
    return this.#term.type;
  }

  evaluate(attributes: Attributes): Evaluation {
    const run: Run = { attributes, failure: undefined };
    const value = this.#term.value(run);
    if (run.failure === undefined) return { value, errors: [] };
    const { kind, message, at } = run.failure;
    return { value, errors: [{ kind, message, ...placeOf(this.#text, at) }] };
  }

  /** As a filter (CESQL 1.0, section 1.2): whether the value is `true`, and that without an error. */
  matches(attributes: Attributes): boolean {
    const run: Run = { attributes, failure: undefined };
    return this.#term.value(run) === true && run.failure === undefined;
  }
}

export type Compiled =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly problem: CesqlProblem };

const refused = (text: string, { at, kind, message, expected }: Unreadable): Compiled => ({
  ok: false,
  problem: { kind, message, expected, ...placeOf(text, at) },
});

function checkedTree(text: string): Node {
  if (text.length > longestExpression)
    throw new Unreadable(0, `the expression has ${text.length} characters`, `at most ${longestExpression}`);
  if (!text.isWellFormed())
    throw new Unreadable(0, 'the expression has half a character of two', 'well-formed Unicode');
  return parse(text);
}

/** An expression ready for events, or the first thing that is wrong with its text. */
export function compile(text: string): Compiled {
  try {
    return { ok: true, expression: new Expression(text, termOf(checkedTree(text))) };
  } catch (error) {
    if (error instanceof Unreadable) return refused(text, error);
    throw error;
  }
}
