// Whether source, dataschema and time have the formats that CloudEvents asks for: the library's schema decides.
// What is plainly valid is not asked for, because most events are and the library takes longer than all else; a test holds
// that everything plain is valid for the library too. Does not own the other rules of attributes (core/attribute-rules.ts).
import { CloudEvent, ValidationError } from 'cloudevents';
import type { Attributes } from '../../model/cesql/attributes.ts';
import type { EventProblem } from './core/attribute-rules.ts';

const plain = {
  source: /^(?:https?:\/\/[a-z\d])?[\w\-.~/]+$/,
  dataschema: /^https?:\/\/[a-z\d][\w\-.~/]*$/,
  time: /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?Z$/,
} as const;

type Formatted = keyof typeof plain;
const formatted = Object.keys(plain) as Formatted[];

const rules: Readonly<Record<Formatted, string>> = {
  source: 'is no URI reference (RFC 3986)',
  dataschema: 'is no absolute URI (RFC 3986)',
  time: 'is no time (RFC 3339)',
};

/** Whatever the event is, only this attribute of it is in question. */
const around = { id: '-', source: '-', type: '-', specversion: '1.0' };

function isValid(attribute: Formatted, value: string): boolean {
  try {
    new CloudEvent({ ...around, [attribute]: value });
    return true;
  } catch (fault) {
    if (fault instanceof ValidationError) return false;
    throw fault;
  }
}

/** The library takes a time without its zone, which RFC 3339 does not. */
const zoned = /(?:z|[+-]\d\d:\d\d)$/i;

/** The library's expressions take time in proportion to the text; nobody means a longer one. */
const longest = 65_536;

/** Whether a value that is not empty has the format of its attribute. */
export const hasFormat = (attribute: Formatted, value: string): boolean =>
  value.length <= longest &&
  (plain[attribute].test(value) ||
    ((attribute !== 'time' || zoned.test(value)) && isValid(attribute, value)));

/** Those of the attributes that are there, are texts and have not their format. */
export function formatProblems(attributes: Attributes): EventProblem[] {
  const problems: EventProblem[] = [];
  for (const attribute of formatted) {
    const value = attributes[attribute];
    if (typeof value === 'string' && value !== '' && !hasFormat(attribute, value))
      problems.push({ attribute, rule: rules[attribute] });
  }
  return problems;
}
