// The operators of CESQL that compute: NOT, comparisons, arithmetic of 32 bits, AND, OR, XOR (CESQL 1.0, section 3.4).
// Does not own LIKE, IN and EXISTS (matching.ts), nor casts and failures (run.ts).
import type { ComparisonOperator, ArithmeticOperator, LogicOperator } from './node.ts';
import { asInteger, sameAs, type Closure, type Term } from './run.ts';
import { isInteger } from './values.ts';

/** NOT of an operand. */
export function not(operand: Closure<boolean>): Closure<boolean> {
  return (run) => {
    const given = operand(run);
    return run.failure === undefined && !given;
  };
}

type Ordering = Exclude<ComparisonOperator, '=' | '!='>;

const compared: Readonly<Record<Ordering, (left: number, right: number) => boolean>> = {
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
};

function ordered(operator: Ordering, left: Term, right: Term): Closure<boolean> {
  const [one, other, holds] = [asInteger(left), asInteger(right), compared[operator]];
  return (run) => {
    const first = one(run);
    if (run.failure !== undefined) return false;
    const second = other(run);
    return run.failure === undefined && holds(first, second);
  };
}

/** `=` is defined for each type; the right operand's type decides which one is meant (section 3.7). */
function equal(left: Term, right: Term, wanted: boolean): Closure<boolean> {
  return (run) => {
    const first = left.value(run);
    if (run.failure !== undefined) return false;
    const second = right.value(run);
    if (run.failure !== undefined) return false;
    return sameAs(first, second, run, left.at) === wanted && run.failure === undefined;
  };
}

/** Any comparison of two operands. */
export function comparison(operator: ComparisonOperator, left: Term, right: Term): Closure<boolean> {
  if (operator === '=' || operator === '!=') return equal(left, right, operator === '=');
  return ordered(operator, left, right);
}

const computed: Readonly<Record<ArithmeticOperator, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => Math.trunc(left / right),
  '%': (left, right) => left % right,
};

const byZero = 'a division by zero';
const tooLarge = 'the result has more than 32 bits';

/** Arithmetic of two operands; an overflow and a division by zero are MathErrors. */
export function arithmetic(
  operator: ArithmeticOperator,
  left: Closure<number>,
  right: Closure<number>,
  at: number,
): Closure<number> {
  const result = computed[operator];
  const divides = operator === '/' || operator === '%';
  return (run) => {
    const first = left(run);
    if (run.failure !== undefined) return 0;
    const second = right(run);
    if (run.failure !== undefined) return 0;
    const value = divides && second === 0 ? NaN : result(first, second);
    // Also makes 0 of -0.
    if (isInteger(value)) return value | 0;
    run.failure = { kind: 'math', message: Number.isNaN(value) ? byZero : tooLarge, at };
    return 0;
  };
}

interface Link {
  readonly operator: LogicOperator;
  readonly operand: Closure<boolean>;
}

/** The right operand of AND and OR is left alone when the left one decides (section 3.4.2). */
function mixed(first: Closure<boolean>, rest: readonly Link[]): Closure<boolean> {
  return (run) => {
    let value = first(run);
    for (const { operator, operand } of rest) {
      if (operator !== 'XOR' && value === (operator === 'OR')) continue;
      if (run.failure !== undefined) return false;
      const next = operand(run);
      value = operator === 'XOR' ? value !== next : next;
    }
    return run.failure === undefined && value;
  };
}

/** A chain of one operator, ended by the first operand that decides: `false` for AND, `true` for OR. */
function uniform(operands: readonly Closure<boolean>[], decisive: boolean): Closure<boolean> {
  return (run) => {
    for (const operand of operands) {
      const value = operand(run);
      if (run.failure !== undefined) return false;
      if (value === decisive) return value;
    }
    return !decisive;
  };
}

/** A chain of AND, OR and XOR, worked off from left to right. */
export function logic(first: Closure<boolean>, rest: readonly Link[]): Closure<boolean> {
  const operators = new Set(rest.map((link) => link.operator));
  if (operators.size > 1 || operators.has('XOR')) return mixed(first, rest);
  return uniform([first, ...rest.map((link) => link.operand)], operators.has('OR'));
}
