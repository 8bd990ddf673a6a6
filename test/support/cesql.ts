// For tests of CESQL: random trees that a seed determines, trees as text, and a second, plain evaluator to compare with.
// The evaluator walks the tree, throws at the first error, and shares nothing with ours but the functions' table.
import type { Attributes } from '../../model/cesql/attributes.ts';
import { functionOf } from '../../model/cesql/functions.ts';
import type { Call, Comparison, Logic, Node, Value } from '../../model/cesql/node.ts';
import type { ProblemKind } from '../../model/cesql/problem.ts';
import type { Random } from '../simulation/random.ts';

type Bare<Part> = Part extends Node ? Omit<Part, 'at' | 'height'> : never;

const node = (part: Bare<Node>): Node => ({ ...part, at: 0, height: 0 });

const texts = [
  '',
  'a',
  'abc',
  'true',
  'False',
  '5',
  '-7',
  '+2',
  '2147483648',
  '%',
  "it's",
  '"',
  '\\d',
  'é😀',
];
const integers = [0, 1, 2, 3, -1, -5, 10, 46341, 2147483647, -2147483648];
const patterns = ['%', 'a%', '%c', '_', '%b%', 'a_c', '\\%', '5', '%\\_%', '😀'];
const names = ['id', 'subject', 'myint', 'mybool', 'missing', 'constructor', '5a'];
const calls = [
  ['LENGTH', 1],
  ['INT', 1],
  ['BOOL', 1],
  ['STRING', 1],
  ['IS_INT', 1],
  ['IS_BOOL', 1],
  ['ABS', 1],
  ['UPPER', 1],
  ['LEFT', 2],
  ['RIGHT', 2],
  ['SUBSTRING', 2],
  ['SUBSTRING', 3],
  ['CONCAT', 0],
  ['CONCAT', 3],
  ['CONCAT_WS', 3],
] as const;

const leaf = (random: Random): Node =>
  random.pick<() => Node>([
    () => node({ kind: 'literal', value: random.pick(texts) }),
    () => node({ kind: 'literal', value: random.pick(integers) }),
    () => node({ kind: 'literal', value: random.chance(0.5) }),
    () => node({ kind: 'attribute', name: random.pick(names) }),
    () => node({ kind: 'exists', name: random.pick(names) }),
  ])();

function chainOf(random: Random, inner: () => Node): Node {
  const operators = random.chance(0.5)
    ? (['AND', 'OR', 'XOR'] as const)
    : ([random.pick(['AND', 'OR'] as const)] as const);
  const rest = Array.from({ length: random.whole(1, 3) }, () => ({
    operator: random.pick<'AND' | 'OR' | 'XOR'>(operators),
    operand: inner(),
  }));
  return node({ kind: 'logic', first: inner(), rest });
}

function callOf(random: Random, inner: () => Node): Node {
  const [name, count] = random.pick(calls);
  return node({ kind: 'call', name, arguments: Array.from({ length: count }, inner) });
}

/** A tree of at most that many levels. */
export function randomTree(random: Random, levels: number): Node {
  if (levels === 1) return leaf(random);
  const inner = (): Node => randomTree(random, random.whole(1, levels - 1));
  const negated = random.chance(0.5);
  return random.pick<() => Node>([
    () => node({ kind: random.pick(['not', 'minus']), operand: inner() }),
    () =>
      node({
        kind: 'comparison',
        operator: random.pick(['=', '!=', '<', '<=', '>', '>=']),
        left: inner(),
        right: inner(),
      }),
    () =>
      node({
        kind: 'arithmetic',
        operator: random.pick(['+', '-', '*', '/', '%']),
        left: inner(),
        right: inner(),
      }),
    () => chainOf(random, inner),
    () => node({ kind: 'like', operand: inner(), pattern: random.pick(patterns), negated }),
    () =>
      node({ kind: 'in', operand: inner(), set: Array.from({ length: random.whole(1, 3) }, inner), negated }),
    () => callOf(random, inner),
  ])();
}

/** A text as a literal. Not every text has one; those of a parsed expression have. */
function literalOf(text: string): string {
  const single = !text.includes("\\'") && !text.endsWith('\\');
  return single ? `'${text.replaceAll("'", "\\'")}'` : `"${text.replaceAll('"', '\\"')}"`;
}

const atoms: ReadonlySet<Node['kind']> = new Set(['literal', 'attribute', 'call']);

const bracketed = (part: Node): string => (atoms.has(part.kind) ? textOf(part) : `(${textOf(part)})`);

const chainText = ({ first, rest }: Logic): string =>
  [bracketed(first), ...rest.map(({ operator, operand }) => `${operator} ${bracketed(operand)}`)].join(' ');

const valueText = (value: Value): string => (typeof value === 'string' ? literalOf(value) : String(value));

const no = ({ negated }: { readonly negated: boolean }): string => (negated ? 'NOT ' : '');

const listed = (parts: readonly Node[]): string => `(${parts.map(textOf).join(', ')})`;

/** A tree as the text that parses to it. */
export function textOf(part: Node): string {
  switch (part.kind) {
    case 'literal':
      return valueText(part.value);
    case 'attribute':
      return part.name;
    case 'exists':
      return `EXISTS ${part.name}`;
    case 'not':
      return `NOT ${bracketed(part.operand)}`;
    case 'minus':
      return `-(${textOf(part.operand)})`;
    case 'comparison':
    case 'arithmetic':
      return `${bracketed(part.left)} ${part.operator} ${bracketed(part.right)}`;
    case 'logic':
      return chainText(part);
    case 'like':
      return `${bracketed(part.operand)} ${no(part)}LIKE ${literalOf(part.pattern)}`;
    case 'in':
      return `${bracketed(part.operand)} ${no(part)}IN ${listed(part.set)}`;
    case 'call':
      return `${part.name}${listed(part.arguments)}`;
  }
}

/** A tree without what only its text decides. */
export const bare = (part: Node): unknown =>
  JSON.parse(
    JSON.stringify(part, (key, value: unknown) => (key === 'at' || key === 'height' ? undefined : value)),
  );

/** The signs of a pattern: `%`, `_`, or a character that stands for itself, escaped ones with their backslash. */
export const signsOf = (pattern: string): string[] => pattern.match(/\\[%_]|[^]/gu) ?? [];

/** Whether characters match the signs of a pattern of LIKE, by trying everything. */
export function simplyLike(text: readonly string[], signs: readonly string[]): boolean {
  const [sign, ...rest] = signs;
  if (sign === undefined) return text.length === 0;
  if (sign === '%') return simplyLike(text, rest) || (text.length > 0 && simplyLike(text.slice(1), signs));
  const fits = sign === '_' ? text.length > 0 : text[0] === sign.replace(/^\\(?=.)/, '');
  return fits && simplyLike(text.slice(1), rest);
}

class Fault extends Error {
  readonly kind: ProblemKind;
  /** The function that gave a value all the same. */
  readonly by: { readonly call: Node; readonly value: Value } | undefined;

  constructor(kind: ProblemKind, by?: { readonly call: Node; readonly value: Value }) {
    super(kind);
    this.kind = kind;
    this.by = by;
  }
}

const within32 = (value: number): number => {
  if (value > 2147483647 || value < -2147483648) throw new Fault('math');
  return value + 0;
};

function integer(value: Value): number {
  if (typeof value !== 'string') return Number(value);
  if (
    !/^[+-]?\d+$/.test(value) ||
    BigInt(value.replace('+', '')) !== BigInt.asIntN(32, BigInt(value.replace('+', '')))
  )
    throw new Fault('cast');
  return Number(value);
}

function boolean(value: Value): boolean {
  if (typeof value !== 'string') return Boolean(value);
  if (!/^(true|false)$/i.test(value)) throw new Fault('cast');
  return value.toLowerCase() === 'true';
}

const casts = { string: String, number: integer, boolean };

const same = (one: Value, other: Value): boolean => casts[typeof other as 'string'](one) === other;

function compute(operator: string, left: number, right: number): number {
  if (operator === '+') return within32(left + right);
  if (operator === '-') return within32(left - right);
  if (operator === '*') return within32(Number(BigInt(left) * BigInt(right)));
  if (right === 0) throw new Fault('math');
  return within32(Number(operator === '/' ? BigInt(left) / BigInt(right) : BigInt(left) % BigInt(right)));
}

function ordered(operator: string, one: number, other: number): boolean {
  if (operator === '<' || operator === '>=') return one < other === (operator === '<');
  return one > other === (operator === '>');
}

class Walk {
  readonly #attributes: Attributes;

  constructor(attributes: Attributes) {
    this.#attributes = attributes;
  }

  #chain({ first, rest }: Logic): boolean {
    let value = boolean(this.of(first));
    for (const { operator, operand } of rest) {
      if (operator === 'AND') value = value && boolean(this.of(operand));
      else if (operator === 'OR') value = value || boolean(this.of(operand));
      else value = value !== boolean(this.of(operand));
    }
    return value;
  }

  #call(call: Call): Value {
    const found = functionOf(call.name, call.arguments.length);
    if (!('definition' in found)) throw new Error(found.message);
    const { parameters, further = 'any' } = found.definition;
    const values = call.arguments.map((part, i) => {
      const type = parameters[i] ?? further;
      const value = this.of(part);
      return type === 'any' ? value : casts[type === 'integer' ? 'number' : (type as 'string')](value);
    });
    const result = found.definition.call(values);
    if (typeof result === 'object') throw new Fault(result.kind, { call, value: result.value });
    return result;
  }

  #comparison({ operator, left, right }: Comparison): boolean {
    if (operator !== '=' && operator !== '!=')
      return ordered(operator, integer(this.of(left)), integer(this.of(right)));
    return same(this.of(left), this.of(right)) === (operator === '=');
  }

  #attribute(name: string): Value {
    if (!Object.keys(this.#attributes).includes(name)) throw new Fault('missingAttribute');
    return this.#attributes[name] as Value;
  }

  of(part: Node): Value {
    switch (part.kind) {
      case 'literal':
        return part.value;
      case 'attribute':
        return this.#attribute(part.name);
      case 'exists':
        return Object.keys(this.#attributes).includes(part.name);
      case 'not':
        return !boolean(this.of(part.operand));
      case 'minus':
        return within32(0 - integer(this.of(part.operand)));
      case 'comparison':
        return this.#comparison(part);
      case 'arithmetic':
        return compute(part.operator, integer(this.of(part.left)), integer(this.of(part.right)));
      case 'logic':
        return this.#chain(part);
      case 'like':
        return simplyLike([...String(this.of(part.operand))], signsOf(part.pattern)) !== part.negated;
      case 'in': {
        const value = this.of(part.operand);
        return part.set.some((element) => same(this.of(element), value)) !== part.negated;
      }
      case 'call':
        return this.#call(part);
    }
  }
}

const zero = (part: Node): Value =>
  part.kind === 'arithmetic' || part.kind === 'minus'
    ? 0
    : part.kind === 'call'
      ? zeroOfCall(part.name)
      : false;

const zeroOfCall = (name: string): Value => {
  if (['LENGTH', 'INT', 'ABS'].includes(name)) return 0;
  return ['BOOL', 'IS_INT', 'IS_BOOL'].includes(name) ? false : '';
};

/** What the specification says a tree gives for an event that has all required attributes that the tree asks for. */
export function plainly(
  tree: Node,
  attributes: Attributes,
): { value: Value; error: ProblemKind | undefined } {
  try {
    return { value: new Walk(attributes).of(tree), error: undefined };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { value: error.by?.call === tree ? error.by.value : zero(tree), error: error.kind };
  }
}
