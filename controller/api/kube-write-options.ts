// The query parameters of Kubernetes-style writes: who writes, whether it is only tried, and what is said of fields that nobody knows.
// Read and refused as an API server does. Source: k8s.io/apimachinery/pkg/apis/meta/v1/validation.
import type { Request } from 'express';
import {
  fieldErrorsText,
  forbidden,
  invalid,
  notSupported,
  required,
  tooLong,
  type FieldError,
} from '../core/structural/field-error.ts';
import { badRequest, KubeRefusal } from './kube-refusal.ts';

/** Strict: it is refused. Warn: its writer is told. Ignore: neither. */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export interface KubeWriteOptions {
  readonly manager: string;
  readonly dryRun: boolean;
  readonly validation: FieldValidation;
  /** Of an apply: takes what others own. */
  readonly force: boolean;
}

type OptionsKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions';

const valuesOf = (request: Request, name: string): string[] => {
  const value = request.query[name];
  if (Array.isArray(value)) return value.filter((one) => typeof one === 'string');
  return typeof value === 'string' && value !== '' ? [value] : [];
};

const textOf = (request: Request, name: string): string => valuesOf(request, name)[0] ?? '';

const longestManager = 128;

/** Whether a character is shown, as Go's unicode.IsPrint has it. */
const isPrinted = (character: string): boolean => /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character);

/** What comes before the first slash of a user agent, such as `kubectl`. */
export function managerOfAgent(agent: string): string {
  const [name = ''] = agent.split('/', 1);
  const printed = [...name].filter(isPrinted).join('');
  return printed.slice(0, longestManager) || 'unknown';
}

function managerFaults(manager: string): FieldError[] {
  const long = Buffer.byteLength(manager) > longestManager ? [tooLong('fieldManager', longestManager)] : [];
  const strange = [...manager].flatMap((character, at) => {
    if (isPrinted(character)) return [];
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    return [invalid('fieldManager', manager, `invalid character U+${code} (at position ${at})`)];
  });
  return [...long, ...strange];
}

const validations = ['', 'Ignore', 'Strict', 'Warn'] as const;

export const dryRunFaults = (given: readonly string[]): FieldError[] =>
  given.every((one) => one === 'All') ? [] : [notSupported('dryRun', given, ['All'])];

function flagOf(request: Request, name: string): boolean | undefined {
  const text = textOf(request, name);
  if (text === '') return undefined;
  return !/^(0|f|F|false|FALSE|False)$/.test(text);
}

export function invalidOptions(kind: OptionsKind, errors: readonly FieldError[]): KubeRefusal {
  const message = `${kind}.meta.k8s.io "" is invalid: ${fieldErrorsText(errors)}`;
  return new KubeRefusal(422, 'Invalid', message, { group: 'meta.k8s.io', kind, causes: errors });
}

function faultsOf(request: Request, isApply: boolean, isPatch: boolean): FieldError[] {
  const manager = textOf(request, 'fieldManager');
  const validation = textOf(request, 'fieldValidation');
  const noManager =
    isApply && manager === '' ? [required('fieldManager', 'is required for apply patch')] : [];
  const noForce =
    isPatch && !isApply && flagOf(request, 'force') !== undefined
      ? [forbidden('force', 'may not be specified for non-apply patch')]
      : [];
  const known = validations.some((one) => one === validation);
  return [
    ...noManager,
    ...noForce,
    ...managerFaults(manager),
    ...dryRunFaults(valuesOf(request, 'dryRun')),
    ...(known ? [] : [notSupported('fieldValidation', validation, validations)]),
  ];
}

export const isDryRun = (request: Request): boolean => valuesOf(request, 'dryRun').length > 0;

/** Throws what an API server answers. */
export function writeOptionsOf(
  request: Request,
  kind: Exclude<OptionsKind, 'DeleteOptions'>,
  isApply = false,
): KubeWriteOptions {
  const faults = faultsOf(request, isApply, kind === 'PatchOptions');
  if (faults.length > 0) throw invalidOptions(kind, faults);
  const validation = textOf(request, 'fieldValidation');
  return {
    manager: textOf(request, 'fieldManager') || managerOfAgent(request.headers['user-agent'] ?? ''),
    dryRun: isDryRun(request),
    validation: validation === 'Strict' || validation === 'Ignore' ? validation : 'Warn',
    force: flagOf(request, 'force') === true,
  };
}

/** What a delete is asked to look at, from its body or else its query. */
export interface DeleteOptions {
  readonly dryRun: boolean;
  readonly uid?: string;
  readonly resourceVersion?: string;
}

const policies = ['Foreground', 'Background', 'Orphan'];

function deleteFaults(given: Readonly<Record<string, unknown>>): FieldError[] {
  const { propagationPolicy, orphanDependents, dryRun } = given;
  const policy = propagationPolicy ?? undefined;
  const both =
    policy !== undefined && (orphanDependents ?? undefined) !== undefined
      ? [invalid('propagationPolicy', policy, 'orphanDependents and deletionPropagation cannot be both set')]
      : [];
  const unknown =
    policy === undefined || policies.some((one) => one === policy)
      ? []
      : [notSupported('propagationPolicy', policy, [...policies, 'nil'])];
  return [...both, ...unknown, ...dryRunFaults(Array.isArray(dryRun) ? dryRun.map(String) : [])];
}

const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/**
 * `body` is absent when there is none. Nothing here has dependents, so that every propagation policy comes to the same.
 * Throws what an API server answers.
 */
export function deleteOptionsOf(
  request: Request,
  body: Readonly<Record<string, unknown>> | undefined,
): DeleteOptions {
  if (body?.['kind'] !== undefined && body['kind'] !== 'DeleteOptions')
    throw badRequest('decoded object cannot be converted to DeleteOptions');
  const policy = textOf(request, 'propagationPolicy');
  const inQuery = {
    dryRun: valuesOf(request, 'dryRun'),
    ...(policy !== '' && { propagationPolicy: policy }),
  };
  const given: Readonly<Record<string, unknown>> = body ?? inQuery;
  const faults = deleteFaults(given);
  if (faults.length > 0) throw invalidOptions('DeleteOptions', faults);
  const { uid, resourceVersion } = (given['preconditions'] ?? {}) as Readonly<Record<string, unknown>>;
  const [wantedUid, wantedVersion] = [textIn(uid), textIn(resourceVersion)];
  return {
    dryRun: Array.isArray(given['dryRun']) && given['dryRun'].length > 0,
    ...(wantedUid !== undefined && { uid: wantedUid }),
    ...(wantedVersion !== undefined && { resourceVersion: wantedVersion }),
  };
}
