// What is wrong with the metadata of an object, in the words of a Kubernetes API server. Decides only.
// Source: k8s.io/apimachinery/pkg/api/validation/objectmeta.go and pkg/util/validation/validation.go.
import type { Fields } from './managed-fields/typed.ts';
import { forbidden, invalid, required, type FieldError } from './structural/field-error.ts';

const nameFormat = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const badName =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an " +
  `alphanumeric character (e.g. 'example.com', regex used for validation is '${nameFormat}')`;
const nameShape = new RegExp(`^${nameFormat}$`);
const longestName = 253;

const qualifiedFormat = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const badQualified =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
  `(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${qualifiedFormat}')`;
const qualifiedShape = new RegExp(`^${qualifiedFormat}$`);

const valueFormat = `(${qualifiedFormat})?`;
const badValue =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an " +
  `alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${valueFormat}')`;
const valueShape = new RegExp(`^${valueFormat}$`);
const longestLabel = 63;

const badPrefix = `prefix part ${badName}`;

function subdomainFaults(text: string): string[] {
  const long = text.length > longestName ? [`must be no more than ${longestName} bytes`] : [];
  return nameShape.test(text) ? long : [...long, badName];
}

function partFaults(name: string): string[] {
  if (name === '') return ['name part must be non-empty', badQualified];
  const long = name.length > longestLabel ? [`name part must be no more than ${longestLabel} bytes`] : [];
  return qualifiedShape.test(name) ? long : [...long, badQualified];
}

/** Of the key of a label, an annotation, or a finalizer. */
export function qualifiedNameFaults(text: string): string[] {
  const parts = text.split('/');
  const [first = '', name = ''] = parts;
  if (parts.length === 1) return partFaults(first);
  if (parts.length > 2)
    return [
      "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
        `character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${qualifiedFormat}') ` +
        "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
    ];
  const prefix = nameShape.test(first) ? [] : [first === '' ? 'prefix part must be non-empty' : badPrefix];
  return [...prefix, ...partFaults(name)];
}

const texts = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null ? Object.entries(value) : [];

function labelFaults(labels: unknown): FieldError[] {
  return texts(labels).flatMap(([key, value]) => {
    const inKey = qualifiedNameFaults(key).map((fault) => invalid('metadata.labels', key, fault));
    if (typeof value !== 'string') return inKey;
    const long =
      value.length > longestLabel
        ? [invalid('metadata.labels', value, `must be no more than ${longestLabel} bytes`)]
        : [];
    return [
      ...inKey,
      ...long,
      ...(valueShape.test(value) ? [] : [invalid('metadata.labels', value, badValue)]),
    ];
  });
}

const annotationFaults = (annotations: unknown): FieldError[] =>
  texts(annotations).flatMap(([key]) =>
    qualifiedNameFaults(key.toLowerCase()).map((fault) => invalid('metadata.annotations', key, fault)),
  );

const finalizersOf = ({ finalizers }: Fields): readonly string[] =>
  Array.isArray(finalizers) ? finalizers.filter((one) => typeof one === 'string') : [];

const finalizerFaults = (metadata: Fields): FieldError[] =>
  finalizersOf(metadata).flatMap((one) =>
    qualifiedNameFaults(one).map((fault) => invalid('metadata.finalizers', one, fault)),
  );

function nameFaults({ name }: Fields): FieldError[] {
  if (name === undefined || name === '')
    return [required('metadata.name', 'name or generateName is required')];
  return typeof name === 'string'
    ? subdomainFaults(name).map((fault) => invalid('metadata.name', name, fault))
    : [];
}

/** Of an object's metadata, whose values have the right types. */
export const metadataFaults = (metadata: Fields): FieldError[] => [
  ...nameFaults(metadata),
  ...labelFaults(metadata['labels']),
  ...annotationFaults(metadata['annotations']),
  ...finalizerFaults(metadata),
];

/** Of metadata that is written over what is there. */
export function changedMetadataFaults(next: Fields, current: Fields): FieldError[] {
  const uid = next['uid'];
  const other =
    uid !== undefined && uid !== '' && uid !== current['uid']
      ? [invalid('metadata.uid', uid, 'field is immutable')]
      : [];
  if (current['deletionTimestamp'] === undefined) return other;
  const had = finalizersOf(current);
  const more = finalizersOf(next).filter((one) => !had.includes(one));
  if (more.length === 0) return other;
  const list = `[]string{${more.map((one) => JSON.stringify(one)).join(', ')}}`;
  const detail = `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`;
  return [...other, forbidden('metadata.finalizers', detail)];
}

const standard = ['orphan', 'foregroundDeletion', 'kubernetes'];

/** What is to be said of finalizers that were not there before. */
export const finalizerWarnings = (next: Fields, current: Fields): string[] =>
  finalizersOf(next)
    .filter((one) => !finalizersOf(current).includes(one) && !one.includes('/') && !standard.includes(one))
    .sort()
    .map((one) => {
      const path = one.includes('.') ? ' including a path (/)' : '';
      return (
        `metadata.finalizers: ${JSON.stringify(one)}: prefer a domain-qualified finalizer name${path} to avoid ` +
        'accidental conflicts with other finalizer writers'
      );
    });
