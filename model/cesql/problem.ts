// What can be wrong with a CESQL expression or its evaluation, and where. Does not own who is told.
// A problem is a value: nothing of CESQL throws at its callers.

/**
 * The error types of CESQL 1.0, section 3.3, without GenericError, which nothing here raises. `parse` and
 * `missingFunction` are found when an expression is compiled, the others when it is evaluated.
 */
export type ProblemKind =
  'parse' | 'math' | 'cast' | 'missingAttribute' | 'missingFunction' | 'functionEvaluation';

export interface CesqlProblem {
  readonly kind: ProblemKind;
  readonly message: string;
  /** What would have been right there. Compiling always says; of an evaluation only the message speaks. */
  readonly expected?: string;
  /** Both begin at 1; a column is a Unicode character. */
  readonly line: number;
  readonly column: number;
}

/** Ends compiling; caught by `compile` and known to nobody else. */
export class Unreadable extends Error {
  readonly kind: 'parse' | 'missingFunction';
  readonly expected: string;
  readonly at: number;

  constructor(at: number, message: string, expected: string, kind: 'parse' | 'missingFunction' = 'parse') {
    super(message);
    this.at = at;
    this.expected = expected;
    this.kind = kind;
  }
}

/** Line and column of an offset in UTF-16 units. A line ends with `\n`. */
export function placeOf(text: string, at: number): { readonly line: number; readonly column: number } {
  const lines = text.slice(0, at).split('\n');
  return { line: lines.length, column: [...(lines.at(-1) ?? '')].length + 1 };
}

const longestQuote = 40;

/** A piece of somebody's text, quoted, short enough for a message. */
export const quoted = (text: string): string =>
  JSON.stringify(text.length > longestQuote ? `${text.slice(0, longestQuote)}…` : text);
