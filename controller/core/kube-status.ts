// Errors and answers in the form that Kubernetes clients read: `kind: Status` (meta/v1). Decides only.
// Does not own what went wrong (model/errors.ts) nor writing the answer.
import { statusOf, type ErrorCode, type PlatformError } from '../../model/errors.ts';
import type { Problem } from '../../model/problem.ts';
import { groupOf, resourcePlurals, type ResourceKind } from '../../model/resource.ts';

export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  /** The plural, except where an object is invalid: then its kind. */
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  /** When the same may be asked for again. */
  readonly retryAfterSeconds?: number;
}

export interface KubeStatus {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Record<string, never>;
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code?: number;
}

/** What a request was about; the name is unknown until the body is read. */
export interface Subject {
  readonly kind: ResourceKind;
  readonly name?: string;
}

const reasonOfStatus: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

const reasonOf = (code: ErrorCode): string =>
  code === 'RUNTIME_EXISTS' || code === 'TRIGGER_EXISTS'
    ? 'AlreadyExists'
    : (reasonOfStatus[statusOf(code)] ?? 'InternalError');

function causeOf({ path, message, expected }: Problem, code: ErrorCode): StatusCause {
  if (code === 'UNKNOWN_IMAGE') {
    return {
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${message}, expected ${expected}`,
      field: path,
    };
  }
  if (message === 'is missing') {
    return { reason: 'FieldValueRequired', message: `Required value: expected ${expected}`, field: path };
  }
  return {
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${message}, expected ${expected}`,
    field: path,
  };
}

function detailsOf(error: PlatformError, { kind, name }: Subject): StatusDetails {
  const invalid = reasonOf(error.code) === 'Invalid';
  const problems = (error.details.problems ?? []) as readonly Problem[];
  return {
    ...(name !== undefined && { name }),
    group: groupOf(kind),
    kind: invalid ? kind : resourcePlurals[kind],
    ...(problems.length > 0 && { causes: problems.map((one) => causeOf(one, error.code)) }),
  };
}

/** An error as the Status that a Kubernetes API server would answer. */
export const failureStatus = (error: PlatformError, subject?: Subject): KubeStatus => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: error.message,
  reason: reasonOf(error.code),
  details: subject ? detailsOf(error, subject) : {},
  code: statusOf(error.code),
});

/** What a delete answers. */
export const deletedStatus = (kind: ResourceKind, name: string, uid: string | undefined): KubeStatus => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  details: { name, group: groupOf(kind), kind: resourcePlurals[kind], ...(uid !== undefined && { uid }) },
});

/** A `Warning` header as Kubernetes sends it (RFC 7234): always printable ASCII, with `"` and `\` escaped. */
export const warningHeader = (text: string): string =>
  `299 - "${text.replace(/[^ -~]/g, '?').replace(/["\\]/g, '\\$&')}"`;
