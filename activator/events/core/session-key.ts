// Which session an event means: the text that a trigger's template makes of its attributes.
// Does not own which session a key is bound to, nor when one is made. The same key always means the same session, and other
// attributes make another key as long as something stands between the template's names.
import { attributeOf, type Attributes } from '../../../model/cesql/attributes.ts';
import type { DeployedTrigger } from '../../../model/deployed-trigger.ts';
import { runtimeKeyText } from '../../../model/sandbox.ts';

/** Split by it, a template is text, name, text, name, …, text. */
const named = /\{([a-z0-9]+)\}/;

const escape = (char: string): string => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`;

/** A value in which nothing is left of what stands between names. */
function apart(value: string, between: string): string {
  if (between === '') return value;
  const hidden = `%${between}`;
  return Array.from(value, (char) => (hidden.includes(char) ? escape(char) : char)).join('');
}

function filled(template: string, attributes: Attributes): string | undefined {
  const parts = template.split(named);
  const between = parts.filter((_, n) => n % 2 === 0 && n > 0 && n < parts.length - 1).join('');
  let key = '';
  for (const [n, part] of parts.entries()) {
    const value = n % 2 === 0 ? part : attributeOf(attributes, part);
    if (value === undefined) return undefined;
    key += n % 2 === 0 ? part : apart(String(value), between);
  }
  return key;
}

/** Of which runtime a key's sessions are, as runtimeKeyText: kind, namespace and name, none of which has a slash. */
export const runtimeOfKey = (key: string): string => key.split('/', 3).join('/');

/**
 * The key of the session that an event means to a trigger, over all triggers of its runtime: also the lane of a trigger that is
 * ordered. Undefined when the event is to have a session of its own: the trigger says `new`, or the event lacks an attribute that
 * the template names, for events that have nothing in common must not meet.
 */
export function sessionKeyOf(
  { session, target }: Pick<DeployedTrigger, 'session' | 'target'>,
  attributes: Attributes,
): string | undefined {
  if (session.key === 'new') return undefined;
  const key = filled(session.key, attributes);
  return key === undefined ? undefined : `${runtimeKeyText(target.runtime)}/${key}`;
}
