// Turns the tree of a CESQL expression into closures, one per part; each knows its types as far as the text tells them.
// Does not own parsing, operators or functions; it looks attributes up and calls functions.
import { attributeOf } from './attributes.ts';
import { functionOf, type FunctionDefinition } from './functions.ts';
import { exists, isIn, like } from './matching.ts';
import type { Arithmetic, Attribute, Call, Logic, Node, Value } from './node.ts';
import { arithmetic, comparison, logic, not } from './operators.ts';
import { Unreadable } from './problem.ts';
import { asBoolean, asInteger, asString, cast, type Closure, type Failure, type Term } from './run.ts';
import { typeOf, zeroOf, type StaticType } from './values.ts';

function attribute({ name, at }: Attribute): Term {
  const failure: Failure = { kind: 'missingAttribute', message: `the event has no attribute ${name}`, at };
  const value: Closure = (run) => {
    const found = attributeOf(run.attributes, name);
    if (found !== undefined) return found;
    run.failure = failure;
    return false;
  };
  return { type: 'any', value, at };
}

const argument = (type: StaticType, term: Term): Closure => (type === 'any' ? term.value : cast(type, term));

function called({ at }: Call, definition: FunctionDefinition, given: readonly Closure[]): Closure {
  const zero = zeroOf[definition.returns];
  return (run) => {
    const values: Value[] = [];
    for (const closure of given) {
      values.push(closure(run));
      if (run.failure !== undefined) return zero;
    }
    const result = definition.call(values);
    if (typeof result !== 'object') return result;
    run.failure = { kind: result.kind, message: result.message, at };
    return result.value;
  };
}

function call(node: Call): Term {
  const found = functionOf(node.name, node.arguments.length);
  if (!('definition' in found))
    throw new Unreadable(node.at, found.message, found.expected, 'missingFunction');
  const { definition } = found;
  const { parameters, further = 'any', returns } = definition;
  const given = node.arguments.map((inner, i) => argument(parameters[i] ?? further, termOf(inner)));
  return { type: returns, value: called(node, definition, given), at: node.at };
}

const boolean = (value: Closure<boolean>, at: number): Term => ({ type: 'boolean', value, at });
const integer = (value: Closure<number>, at: number): Term => ({ type: 'integer', value, at });

const negative = (operand: Closure<number>, at: number): Closure<number> =>
  arithmetic('-', () => 0, operand, at);

const computation = ({ operator, left, right, at }: Arithmetic): Closure<number> =>
  arithmetic(operator, asInteger(termOf(left)), asInteger(termOf(right)), at);

function chain({ first, rest }: Logic): Closure<boolean> {
  const links = rest.map(({ operator, operand }) => ({ operator, operand: asBoolean(termOf(operand)) }));
  return logic(asBoolean(termOf(first)), links);
}

/** The closure of a tree. Throws `Unreadable` when it calls a function that there is not. */
export function termOf(node: Node): Term {
  const { at } = node;
  switch (node.kind) {
    case 'literal':
      return { type: typeOf(node.value), value: () => node.value, at };
    case 'attribute':
      return attribute(node);
    case 'exists':
      return boolean(exists(node.name), at);
    case 'not':
      return boolean(not(asBoolean(termOf(node.operand))), at);
    case 'minus':
      return integer(negative(asInteger(termOf(node.operand)), at), at);
    case 'comparison':
      return boolean(comparison(node.operator, termOf(node.left), termOf(node.right)), at);
    case 'arithmetic':
      return integer(computation(node), at);
    case 'logic':
      return boolean(chain(node), at);
    case 'like':
      return boolean(like(node, asString(termOf(node.operand))), at);
    case 'in':
      return boolean(isIn(node, termOf(node.operand), node.set.map(termOf)), at);
    case 'call':
      return call(node);
  }
}
