// Field selectors as Kubernetes has them for custom resources: by name and namespace, refused in its words
// (k8s.io/apimachinery/pkg/fields). Does not own what is selected.
import { PlatformError } from '../../model/errors.ts';
import type { Metadata } from '../../model/metadata.ts';

interface Requirement {
  readonly field: Field;
  readonly value: string;
  readonly equal: boolean;
}

type Field = 'metadata.name' | 'metadata.namespace';

/** All of them have to hold. */
export type FieldSelector = readonly Requirement[];

const invalid = (message: string): PlatformError => new PlatformError('INVALID_REQUEST', message);
const isField = (text: string): text is Field => text === 'metadata.name' || text === 'metadata.namespace';

/** Splits at commas without a backslash before them. */
const terms = (text: string): string[] => text.match(/(\\.|[^\\,])+/g) ?? [];

function unescaped(text: string): string {
  const bare = /[,=]/.exec(text.replace(/\\./g, ''));
  if (bare) throw invalid(`invalid field selector: unescaped character in value: ${bare[0].charCodeAt(0)}`);
  return text.replace(/\\([\\,=])/g, '$1');
}

function requirement(term: string, whole: string): Requirement | undefined {
  const [, field = '', operator, value = ''] = /^(.*?)(!=|==|=)(.*)$/.exec(term) ?? [];
  if (operator === undefined) throw invalid(`invalid selector: '${whole}'; can't understand '${term}'`);
  const wanted = unescaped(value);
  if (isField(field)) return { field, value: wanted, equal: operator !== '!=' };
  throw invalid(`field label not supported: ${field}`);
}

/** Throws INVALID_REQUEST. The empty text selects everything. */
export const parseFields = (text: string): FieldSelector =>
  terms(text).flatMap((term) => requirement(term, text) ?? []);

/** Whether an object is as a selector asks. */
export const selectsFields = (selector: FieldSelector, { name, namespace = '' }: Metadata): boolean =>
  selector.every(
    ({ field, value, equal }) => ((field === 'metadata.name' ? name : namespace) === value) === equal,
  );
