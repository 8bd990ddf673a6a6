// What an event's context attributes must look like (CloudEvents 1.0.2, section 3): names, types, characters, which are required.
// Does not own the formats of URIs and times (../formats.ts), nor where attributes come from.
import { required, type Attributes } from '../../../model/cesql/attributes.ts';
import { isInteger } from '../../../model/cesql/values.ts';

/** Why an event is none. */
export interface EventProblem {
  readonly attribute: string;
  readonly rule: string;
  /** Which event of a batch, from 0. */
  readonly event?: number;
}

const name = /^[a-z0-9]+$/;
const ascii = /^[ -~]*$/;
const forbidden = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u;
/** RFC 2046 with the tokens of RFC 9110. */
const mediaType = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(?:;|$)/;

const texts: ReadonlySet<string> = new Set([...required, 'datacontenttype', 'dataschema', 'subject', 'time']);

/** The one version that there is; the others of the specification, such as 1.0.2, call themselves so too. */
const specversion = '1.0';

const hasForbidden = (text: string): boolean => !ascii.test(text) && forbidden.test(text);

function typeRule(attribute: string, value: unknown): string | undefined {
  if (typeof value === 'string')
    return hasForbidden(value) ? 'has a character that none may have' : undefined;
  if (texts.has(attribute)) return 'is not a string';
  if (typeof value === 'boolean') return undefined;
  return typeof value === 'number' && isInteger(value)
    ? undefined
    : 'is neither a string, true or false, nor an integer of 32 bits';
}

function textRule(attribute: string, value: unknown): string | undefined {
  if (!texts.has(attribute)) return undefined;
  if (value === '') return 'is empty';
  if (attribute === 'specversion' && value !== specversion) return `is not ${specversion}`;
  if (attribute === 'datacontenttype' && typeof value === 'string' && !mediaType.test(value))
    return 'is no media type (RFC 2046)';
  return undefined;
}

const nameRule = (attribute: string): string | undefined =>
  name.test(attribute) && attribute !== 'data' ? undefined : 'a name has lower case letters and digits only';

/** Everything that is wrong with an event's attributes but formats; empty for most events. */
export function attributeProblems(attributes: Attributes): EventProblem[] {
  const problems: EventProblem[] = [];
  for (const attribute of Object.keys(attributes)) {
    const value = attributes[attribute];
    const rule = nameRule(attribute) ?? typeRule(attribute, value) ?? textRule(attribute, value);
    if (rule !== undefined) problems.push({ attribute, rule });
  }
  for (const attribute of required)
    if (!Object.hasOwn(attributes, attribute)) problems.push({ attribute, rule: 'is required' });
  return problems;
}

/** One line for people. */
export const problemText = ({ attribute, rule, event }: EventProblem): string =>
  `${event === undefined ? '' : `event ${event}: `}${attribute} ${rule}`;
