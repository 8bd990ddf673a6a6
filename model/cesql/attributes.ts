// How an event's attributes are looked up, for CESQL and for the other filters alike. Does not own where they come from.
import { isInteger } from './values.ts';
import type { Value } from './node.ts';

/**
 * An event's context attributes by name, extensions included: strings, integers and booleans, as JSON has them or,
 * from HTTP headers, strings only. Times and URIs are strings.
 */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * The value of an attribute that the event has itself: nothing is inherited, so `constructor` is a name like any other.
 * A number that is no integer of 32 bits is told as text (CESQL 1.0, section 3.2); what is no attribute's value is missing.
 */
export function attributeOf(attributes: Attributes, name: string): Value | undefined {
  if (!Object.hasOwn(attributes, name)) return undefined;
  const value = attributes[name];
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value !== 'number') return undefined;
  return isInteger(value) ? value | 0 : String(value);
}

/** Attributes that a valid event has, whatever it looks like (CloudEvents 1.0). */
export const required: ReadonlySet<string> = new Set(['id', 'source', 'specversion', 'type']);
