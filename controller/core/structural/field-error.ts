// What is wrong with a field of an object, in Kubernetes' words. Decides only; does not own the rules.
// Source: k8s.io/apimachinery/pkg/util/validation/field/errors.go.

/** A cause as `kind: Status` has it. */
export interface FieldError {
  readonly reason:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueTypeInvalid'
    | 'FieldValueNotSupported'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
    | 'FieldValueDuplicate'
    | 'FieldValueForbidden';
  /** Without the field. */
  readonly message: string;
  /** For example `spec.containers[0].image`. */
  readonly field: string;
}

const said = (text: string, detail: string): string => (detail === '' ? text : `${text}: ${detail}`);

/** A value as it is shown; an object or list of a rule is not. */
const shown = (value: unknown): string => JSON.stringify(value) ?? 'null';

export const required = (field: string, detail = ''): FieldError => ({
  reason: 'FieldValueRequired',
  message: said('Required value', detail),
  field,
});

export const invalid = (field: string, value: unknown, detail: string): FieldError => ({
  reason: 'FieldValueInvalid',
  message: said(`Invalid value: ${shown(value)}`, detail),
  field,
});

/** As invalid, of a whole object or list, which is not shown. */
export const invalidWhole = (field: string, detail: string): FieldError => ({
  reason: 'FieldValueInvalid',
  message: said('Invalid value', detail),
  field,
});

export const typeInvalid = (field: string, value: unknown, detail: string): FieldError => ({
  ...invalid(field, value, detail),
  reason: 'FieldValueTypeInvalid',
});

export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError => ({
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: ${shown(value)}: supported values: ${supported.map(shown).join(', ')}`,
  field,
});

export const tooLong = (field: string, most: number): FieldError => ({
  reason: 'FieldValueTooLong',
  message: `Too long: may not be more than ${most} ${most === 1 ? 'byte' : 'bytes'}`,
  field,
});

export const duplicate = (field: string, value: unknown): FieldError => ({
  reason: 'FieldValueDuplicate',
  message: `Duplicate value: ${shown(value)}`,
  field,
});

export const forbidden = (field: string, detail: string): FieldError => ({
  reason: 'FieldValueForbidden',
  message: said('Forbidden', detail),
  field,
});

/** All of them as one text. */
export function fieldErrorsText(errors: readonly FieldError[]): string {
  const lines = [
    ...new Set(errors.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`))),
  ];
  return lines.length === 1 ? (lines[0] ?? '') : `[${lines.join(', ')}]`;
}
