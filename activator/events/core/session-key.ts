// Which session an event means: the text that a trigger's template makes of its attributes.
// Does not own which session a key is bound to, nor when one is made. The same key always means the same session, and other
// attributes make another key as long as something stands between the template's names.
import { attributeOf, type Attributes } from '../../../model/cesql/attributes.ts';
import type { DeployedTrigger } from '../../../model/deployed-trigger.ts';
import { runtimeKeyText } from '../../../model/sandbox.ts';

const named = /\{([a-z0-9]+)\}/g;
const alone = /^\{[a-z0-9]+\}$/;

const escaped = (char: string): string => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`;

/** Hides in a value what the template itself writes between names. */
function hiding(template: string): (value: string) => string {
  if (alone.test(template)) return (value) => value;
  const between = new Set(`%${template.replace(named, '')}`);
  return (value) => Array.from(value, (char) => (between.has(char) ? escaped(char) : char)).join('');
}

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
  const hide = hiding(session.key);
  let lacks = false;
  const key = session.key.replace(named, (_, name: string) => {
    const value = attributeOf(attributes, name);
    lacks ||= value === undefined;
    return hide(String(value));
  });
  return lacks ? undefined : `${runtimeKeyText(target.runtime)}/${key}`;
}
