// Which sessions a request is about: by namespace, labels and fields, as kubectl's -n, -l and --field-selector say.
// Sessions that ended are no objects any more; only who asks for the state `ended` is shown those that are still remembered.
// Does not own reading them from the store.
import { PlatformError } from '../../../model/errors.ts';
import { stateKinds, type Session, type StateKind } from '../../../model/session.ts';
import { labelsOf } from './session-object.ts';

type Test = (value: string | undefined) => boolean;

interface Requirement {
  readonly key: string;
  readonly test: Test;
}

export interface Selection {
  readonly namespace?: string;
  readonly labels: readonly Requirement[];
  readonly fields: readonly Requirement[];
}

const invalid = (message: string): PlatformError => new PlatformError('INVALID_REQUEST', message);

/** Splits at commas that are not within parentheses. */
const parts = (text: string): string[] =>
  text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter(Boolean);

const name = '([A-Za-z0-9][A-Za-z0-9._/-]*)';
const labelEquality = new RegExp(`^${name}\\s*(==|=|!=)\\s*([A-Za-z0-9._-]*)$`);
/** Values of fields are free text, such as an owner's address. */
const fieldEquality = new RegExp(`^${name}\\s*(==|=|!=)\\s*([^=].*|)$`);
const membership = new RegExp(`^${name}\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const existence = new RegExp(`^(!?)\\s*${name}$`);

function byEquality(part: string, pattern: RegExp): Requirement | undefined {
  const [, key, operator, wanted] = pattern.exec(part) ?? [];
  if (key === undefined || wanted === undefined) return undefined;
  return { key, test: operator === '!=' ? (value) => value !== wanted : (value) => value === wanted };
}

function byMembership(part: string): Requirement | undefined {
  const [, key, operator, list = ''] = membership.exec(part) ?? [];
  if (key === undefined) return undefined;
  const among = new Set(list.split(',').map((one) => one.trim()));
  const isIn: Test = (value) => value !== undefined && among.has(value);
  return { key, test: operator === 'in' ? isIn : (value) => !isIn(value) };
}

function byExistence(part: string): Requirement | undefined {
  const [, not, key] = existence.exec(part) ?? [];
  if (key === undefined) return undefined;
  return { key, test: not === '!' ? (value) => value === undefined : (value) => value !== undefined };
}

/** A label selector with all that Kubernetes allows. Throws INVALID_REQUEST. */
export const parseLabels = (text: string): readonly Requirement[] =>
  parts(text).map((part) => {
    const requirement = byEquality(part, labelEquality) ?? byMembership(part) ?? byExistence(part);
    if (requirement) return requirement;
    throw invalid(`unable to parse requirement: ${JSON.stringify(part)}`);
  });

const stateField = 'status.state';

const fieldsOf: Readonly<Record<string, (session: Session) => string>> = {
  'metadata.name': ({ id }) => id,
  'metadata.namespace': ({ runtime }) => runtime.namespace,
  'spec.runtime.kind': ({ runtime }) => runtime.kind,
  'spec.runtime.name': ({ runtime }) => runtime.name,
  'spec.owner': ({ ownerId }) => ownerId ?? '',
  [stateField]: ({ state }) => state.kind,
};

/** A field selector. Throws INVALID_REQUEST for a field by which sessions are not looked up. */
export const parseFields = (text: string): readonly Requirement[] =>
  parts(text).map((part) => {
    const requirement = byEquality(part, fieldEquality);
    if (!requirement) throw invalid(`invalid field selector: ${JSON.stringify(part)}`);
    if (Object.hasOwn(fieldsOf, requirement.key)) return requirement;
    const known = Object.keys(fieldsOf).join(', ');
    throw invalid(`field label not supported: ${requirement.key}; sessions have ${known}`);
  });

/** The states that may be answered. */
export function statesOf({ fields }: Selection): readonly StateKind[] {
  const asked = fields.filter(({ key }) => key === stateField);
  return stateKinds.filter(
    (kind) => asked.every(({ test }) => test(kind)) && (kind !== 'ended' || asksForEnded(asked)),
  );
}

/** Not by `!=`, which would show those that ended to whoever only leaves out another state. */
const asksForEnded = (asked: readonly Requirement[]): boolean =>
  asked.some(({ test }) => test('ended') && !stateKinds.some((kind) => kind !== 'ended' && test(kind)));

/** Whether it is among those asked for, whatever its state. */
export const concerns = ({ namespace, labels, fields }: Selection, session: Session): boolean => {
  const own = labelsOf(session);
  return (
    (namespace === undefined || session.runtime.namespace === namespace) &&
    labels.every(({ key, test }) => test(Object.hasOwn(own, key) ? own[key] : undefined)) &&
    fields.every(({ key, test }) => key === stateField || test(fieldsOf[key]?.(session)))
  );
};

/** Whether it is among those asked for as it is now. */
export const selects = (selection: Selection, session: Session): boolean =>
  concerns(selection, session) && statesOf(selection).includes(session.state.kind);
