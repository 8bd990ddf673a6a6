// Who owns which fields of an object: `metadata.managedFields`, read and written. Owners are told apart by name, operation,
// version and subresource; one who applies, whatever the version.
// Source: k8s.io/apimachinery/pkg/util/managedfields/internal/managedfields.go.
import { emptySet, fromFieldsV1, isEmptySet, toFieldsV1, type FieldSet } from './field-set.ts';
import { isFields } from './typed.ts';

export type Operation = 'Apply' | 'Update';

/** Who writes, as it is said in managedFields. */
export interface Writer {
  readonly manager: string;
  readonly operation: Operation;
  readonly apiVersion: string;
  readonly subresource?: string;
}

/** What one of them owns. */
export interface Owned extends Writer {
  readonly fields: FieldSet;
  /** RFC 3339, whole seconds. */
  readonly time?: string;
}

/** Everybody who owns something, by who they are. */
export type Owners = ReadonlyMap<string, Owned>;

export type Entry = Readonly<Record<string, unknown>>;

/** Who somebody is, as text. */
export const writerId = ({ manager, operation, apiVersion, subresource = '' }: Writer): string =>
  JSON.stringify([manager, operation, operation === 'Apply' ? '' : apiVersion, subresource]);

const textIn = (entry: Entry, name: string): string => {
  const value = entry[name];
  return typeof value === 'string' ? value : '';
};

function readEntry(entry: unknown): Owned {
  if (!isFields(entry)) throw new SyntaxError('an entry of managedFields is no object');
  const { operation, fieldsV1 } = entry;
  if (operation !== 'Apply' && operation !== 'Update')
    throw new SyntaxError('operation must be `Apply` or `Update`');
  const apiVersion = textIn(entry, 'apiVersion');
  if (apiVersion === '') throw new SyntaxError('apiVersion must not be empty');
  if (entry['fieldsType'] !== 'FieldsV1') throw new SyntaxError('fieldsType must be FieldsV1');
  const subresource = textIn(entry, 'subresource');
  const time = textIn(entry, 'time');
  return {
    manager: textIn(entry, 'manager'),
    operation,
    apiVersion,
    ...(subresource !== '' && { subresource }),
    ...(time !== '' && { time }),
    fields: fieldsV1 === undefined || fieldsV1 === null ? emptySet : fromFieldsV1(fieldsV1),
  };
}

/** Undefined where they cannot be read: then nobody knows who owns what. */
export function readOwners(entries: unknown): Owners | undefined {
  if (entries === undefined || entries === null) return new Map();
  if (!Array.isArray(entries)) return undefined;
  try {
    return new Map(entries.map(readEntry).map((owned) => [writerId(owned), owned]));
  } catch (fault) {
    if (fault instanceof SyntaxError) return undefined;
    throw fault;
  }
}

/** Whether a writer asks that all be forgotten: `[]`, or one entry that says nothing. */
export const isReset = (entries: unknown): boolean =>
  Array.isArray(entries) &&
  (entries.length === 0 ||
    (entries.length === 1 && isFields(entries[0]) && Object.keys(entries[0]).length === 0));

const secondsOf = ({ time }: Owned): number => (time === undefined ? 0 : Math.floor(Date.parse(time) / 1000));

const compareTexts = (one: string, other: string): number => (one < other ? -1 : Number(one > other));

/** Who applied before who updated, the oldest first. */
export const compareOwned = (one: Owned, other: Owned): number =>
  compareTexts(one.operation, other.operation) ||
  secondsOf(one) - secondsOf(other) ||
  compareTexts(one.manager, other.manager) ||
  compareTexts(one.apiVersion, other.apiVersion) ||
  compareTexts(one.subresource ?? '', other.subresource ?? '');

const entryOf = ({ manager, operation, apiVersion, subresource, time, fields }: Owned): Entry => ({
  apiVersion,
  fieldsType: 'FieldsV1',
  fieldsV1: toFieldsV1(fields),
  manager,
  operation,
  ...(subresource !== undefined && { subresource }),
  ...(time !== undefined && { time }),
});

/** As an object tells them; undefined when nobody owns anything. */
export function entriesOf(owners: Owners): readonly Entry[] | undefined {
  const owned = [...owners.values()].filter(({ fields }) => !isEmptySet(fields));
  return owned.length === 0 ? undefined : owned.sort(compareOwned).map(entryOf);
}
