// Reads the tokens of a CESQL expression into a tree: a Pratt parser with the precedences of CESQL 1.0, section 3.6.
// Does not own which functions exist (functions.ts) nor types (operators.ts). Never recurses deeper than `deepest` parts.
import type { ArithmeticOperator, ComparisonOperator, Logic, LogicOperator, Node } from './node.ts';
import { tokensOf, type Token } from './lexer.ts';
import { quoted, Unreadable } from './problem.ts';
import { largest } from './values.ts';

/** How many operators and brackets may stand within each other. */
export const deepest = 200;

// Bound more tightly the higher; equal ones are worked off from left to right.
const binding = {
  nothing: 0,
  logic: 1,
  comparison: 2,
  sum: 3,
  product: 4,
  in: 5,
  like: 6,
  unary: 7,
} as const;

const comparisons: ReadonlySet<string> = new Set(['=', '!=', '<', '<=', '>', '>=']);
const logic: ReadonlySet<string> = new Set(['AND', 'OR', 'XOR']);

const operand = 'an attribute, a literal, a function or "("';
const operator = 'an operator or the end';

const functionName = /^[A-Za-z][A-Za-z_]*$/;
function heightOver(...parts: readonly { readonly height: number }[]): number {
  return 1 + parts.reduce((most, { height }) => Math.max(most, height), 0);
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(text: string) {
    this.#tokens = tokensOf(text);
  }

  whole(): Node {
    const node = this.#expression(binding.nothing, 0);
    if (this.#token.kind !== 'end') this.#fail(operator);
    return node;
  }

  get #token(): Token {
    return this.#tokens[this.#next] as Token;
  }

  #take(): Token {
    const token = this.#token;
    if (token.kind !== 'end') this.#next += 1;
    return token;
  }

  #is(text: string, token: Token | undefined = this.#token): boolean {
    return (token?.kind === 'symbol' || token?.kind === 'keyword') && token.text === text;
  }

  #takeIf(text: string): boolean {
    const found = this.#is(text);
    if (found) this.#take();
    return found;
  }

  #fail(expected: string): never {
    const { kind, text, at } = this.#token;
    throw new Unreadable(
      at,
      kind === 'end' ? 'the expression ends too early' : `got ${quoted(text)}`,
      expected,
    );
  }

  #need(text: string, expected = `"${text}"`): void {
    if (!this.#takeIf(text)) this.#fail(expected);
  }

  /** A part that is higher than it may be would exhaust the stack of whoever walks the tree. */
  #bounded<Part extends Node>(part: Part): Part {
    if (part.height > deepest) this.#tooDeep(part.at);
    return part;
  }

  #tooDeep(at: number): never {
    throw new Unreadable(
      at,
      'is nested too deeply',
      `at most ${deepest} operators and brackets within each other`,
    );
  }

  #expression(outer: number, depth: number): Node {
    if (depth > deepest) this.#tooDeep(this.#token.at);
    let left = this.#operand(depth);
    for (let own = this.#bindingHere(); own > outer; own = this.#bindingHere()) {
      left = this.#bounded(this.#continued(left, own, depth));
    }
    return left;
  }

  /** How tightly the operator at hand binds; 0 when there is none. */
  #bindingHere(): number {
    const { kind, text } = this.#token;
    if (kind === 'keyword') return this.#bindingOfWord(text);
    if (kind !== 'symbol') return binding.nothing;
    if (comparisons.has(text)) return binding.comparison;
    if (text === '+' || text === '-') return binding.sum;
    return text === '*' || text === '/' || text === '%' ? binding.product : binding.nothing;
  }

  #bindingOfWord(word: string): number {
    if (logic.has(word)) return binding.logic;
    const negated = word === 'NOT' ? this.#tokens[this.#next + 1] : this.#token;
    if (this.#is('LIKE', negated)) return binding.like;
    return this.#is('IN', negated) ? binding.in : binding.nothing;
  }

  #continued(left: Node, own: number, depth: number): Node {
    if (own === binding.logic) return this.#logic(left, depth);
    if (own === binding.like || own === binding.in) return this.#matched(left, depth);
    const { text, at } = this.#take();
    const right = this.#expression(own, depth + 1);
    const height = heightOver(left, right);
    return own === binding.comparison
      ? { kind: 'comparison', operator: text as ComparisonOperator, left, right, at, height }
      : { kind: 'arithmetic', operator: text as ArithmeticOperator, left, right, at, height };
  }

  #logic(first: Node, depth: number): Logic {
    const { at } = this.#token;
    const rest: { operator: LogicOperator; operand: Node }[] = [];
    while (this.#bindingHere() === binding.logic) {
      const { text } = this.#take();
      rest.push({ operator: text as LogicOperator, operand: this.#expression(binding.logic, depth + 1) });
    }
    const height = heightOver(first, ...rest.map((link) => link.operand));
    return { kind: 'logic', first, rest, at, height };
  }

  #matched(left: Node, depth: number): Node {
    const { at } = this.#token;
    const negated = this.#takeIf('NOT');
    if (this.#takeIf('IN')) {
      const set = this.#list(depth, 'IN needs at least one value');
      return { kind: 'in', operand: left, negated, set, at, height: heightOver(left, ...set) };
    }
    this.#need('LIKE');
    if (this.#token.kind !== 'string') this.#fail('a pattern in quotes');
    return { kind: 'like', operand: left, negated, pattern: this.#take().text, at, height: heightOver(left) };
  }

  /** `(a, b)`. When it may not be empty, `empty` says why. */
  #list(depth: number, empty?: string): Node[] {
    this.#need('(');
    const { at } = this.#token;
    const nodes: Node[] = [];
    if (this.#takeIf(')')) {
      if (empty === undefined) return nodes;
      throw new Unreadable(at, empty, operand);
    }
    do nodes.push(this.#expression(binding.nothing, depth + 1));
    while (this.#takeIf(','));
    this.#need(')', '"," or ")"');
    return nodes;
  }

  #operand(depth: number): Node {
    const { kind, at } = this.#token;
    if (kind === 'string') return { kind: 'literal', value: this.#take().text, at, height: 1 };
    if (kind === 'number') return this.#integer(1, at);
    if (kind === 'word') return this.#named(depth);
    if (this.#takeIf('(')) return this.#bracketed(depth);
    if (this.#is('-') || this.#is('+')) return this.#signed(depth);
    if (this.#takeIf('NOT')) return this.#unary('not', at, depth);
    if (this.#takeIf('EXISTS')) return { kind: 'exists', name: this.#attributeName(), at, height: 1 };
    if (this.#is('TRUE') || this.#is('FALSE'))
      return { kind: 'literal', value: this.#take().text === 'TRUE', at, height: 1 };
    return this.#fail(operand);
  }

  #bracketed(depth: number): Node {
    const inside = this.#expression(binding.nothing, depth + 1);
    this.#need(')', 'an operator or ")"');
    return inside;
  }

  #unary(kind: 'not' | 'minus', at: number, depth: number): Node {
    const inner = this.#expression(binding.unary, depth + 1);
    return this.#bounded({ kind, operand: inner, at, height: heightOver(inner) });
  }

  /** A sign belongs to the digits that follow it at once; any other minus is an operator. */
  #signed(depth: number): Node {
    const { text, at, end } = this.#take();
    const { kind, at: following } = this.#token;
    if (kind === 'number' && following === end) return this.#integer(text === '-' ? -1 : 1, at);
    return text === '-' ? this.#unary('minus', at, depth) : this.#fail('digits at once behind "+"');
  }

  #integer(sign: 1 | -1, at: number): Node {
    const value = sign * Number(this.#take().text);
    if (value > largest || value < -largest - 1)
      throw new Unreadable(
        at,
        'the integer has more than 32 bits',
        'a number from -2147483648 to 2147483647',
      );
    return { kind: 'literal', value: value + 0, at, height: 1 };
  }

  #named(depth: number): Node {
    const { text, at } = this.#token;
    const isCall = this.#is('(', this.#tokens[this.#next + 1]);
    if (!isCall) return { kind: 'attribute', name: this.#attributeName(), at, height: 1 };
    if (!functionName.test(text))
      throw new Unreadable(at, `${quoted(text)} is no name of a function`, 'letters and "_"');
    this.#take();
    const nodes = this.#list(depth);
    const height = heightOver(...nodes);
    return this.#bounded({ kind: 'call', name: text.toUpperCase(), arguments: nodes, at, height });
  }

  /** Names of attributes are lower case; as in other engines, an expression may write them in any case. */
  #attributeName(): string {
    const { kind, text, at } = this.#token;
    if (kind !== 'word') this.#fail('the name of an attribute');
    if (text.includes('_'))
      throw new Unreadable(at, `${quoted(text)} is no name of an attribute`, 'lower case letters and digits');
    this.#take();
    return text.toLowerCase();
  }
}

/** The tree of an expression. Throws `Unreadable`. */
export const parse = (text: string): Node => new Parser(text).whole();
