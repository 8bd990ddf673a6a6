// The tree that a CESQL expression is parsed to. Does not own the text (lexer.ts, parser.ts, print.ts) nor what it means.
// No path through a tree is longer than the parser's limit, so that walking one cannot exhaust the stack.

/** The three primitive types of CESQL 1.0, section 3.1; an Integer has 32 bits. */
export type Value = string | number | boolean;

export type ComparisonOperator = '=' | '!=' | '<' | '<=' | '>' | '>=';
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';
export type LogicOperator = 'AND' | 'OR' | 'XOR';

interface Part {
  /** Where a problem with this part is shown: an offset in the text, in UTF-16 units. */
  readonly at: number;
  /** How many parts are on the longest path down from here, this one included. */
  readonly height: number;
}

interface Negatable extends Part {
  readonly operand: Node;
  /** `NOT LIKE`, `NOT IN`. */
  readonly negated: boolean;
}

export interface Literal extends Part {
  readonly kind: 'literal';
  readonly value: Value;
}

export interface Attribute extends Part {
  readonly kind: 'attribute';
  readonly name: string;
}

export interface Exists extends Part {
  readonly kind: 'exists';
  readonly name: string;
}

export interface Unary extends Part {
  readonly kind: 'not' | 'minus';
  readonly operand: Node;
}

export interface Comparison extends Part {
  readonly kind: 'comparison';
  readonly operator: ComparisonOperator;
  readonly left: Node;
  readonly right: Node;
}

export interface Arithmetic extends Part {
  readonly kind: 'arithmetic';
  readonly operator: ArithmeticOperator;
  readonly left: Node;
  readonly right: Node;
}

/** `first AND second OR third`: worked off from left to right. One part, so that a long chain is not a deep tree. */
export interface Logic extends Part {
  readonly kind: 'logic';
  readonly first: Node;
  readonly rest: readonly { readonly operator: LogicOperator; readonly operand: Node }[];
}

export interface Like extends Negatable {
  readonly kind: 'like';
  /** As written between the quotes, escapes of `%` and `_` included. */
  readonly pattern: string;
}

export interface In extends Negatable {
  readonly kind: 'in';
  readonly set: readonly Node[];
}

export interface Call extends Part {
  readonly kind: 'call';
  /** In upper case. */
  readonly name: string;
  readonly arguments: readonly Node[];
}

export type Node = Literal | Attribute | Exists | Unary | Comparison | Arithmetic | Logic | Like | In | Call;
