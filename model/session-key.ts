// How a trigger's events pick their session: `new`, the name of an attribute, or a text with names of attributes in braces.
// Does not own looking attributes up, nor which session a key means.
import { textThat } from './fields.ts';

/** Each event gets a session of its own. */
export const newSession = 'new';

const attributeName = /^[a-z0-9]+$/;
const hole = /\{([^{}]*)\}/g;

function problemOf(key: string): string | undefined {
  if (attributeName.test(key)) return undefined;
  const names = [...key.matchAll(hole)].map(([, name = '']) => name);
  const bad = names.find((name) => !attributeName.test(name));
  if (bad !== undefined) return `{${bad.slice(0, 40)}} names no attribute`;
  if (/[{}]/.test(key.replace(hole, ''))) return 'has a brace without the other';
  if (names.length === 0) return `names no attribute: ${JSON.stringify(key.slice(0, 40))}`;
  return key.length > 1_024 ? 'is longer than 1024 characters' : undefined;
}

/** `session.key` as it stands in YAML or JSON; stays the text that was given. */
export const sessionKey = textThat(
  '"new", the name of an attribute (lower case letters and digits) such as "subject", or a template such as "{source}/{subject}"',
  problemOf,
);

/** `new`, or a template: a name that stands alone becomes one. */
export const sessionTemplate = (key: string): string =>
  key === newSession || !attributeName.test(key) ? key : `{${key}}`;
