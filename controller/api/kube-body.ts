// Reads the body of a Kubernetes-style request: which format it is in, and whether it is about what the path is about.
// Does not own what is valid of a kind (model/).
import type { Request } from 'express';
import { parse } from 'yaml';
import { PlatformError } from '../../model/errors.ts';
import type { Problem } from '../../model/problem.ts';
import { apiVersionOf, type ResourceKind } from '../../model/resource.ts';
import { invalidObject } from '../core/object-errors.ts';
import { textOf } from './route.ts';

export const objectTypes = ['application/json', 'application/yaml'] as const;
export const mergePatchType = 'application/merge-patch+json';

export type Fields = Readonly<Record<string, unknown>>;

/** What the path of a request says of the object in its body. */
export interface Expected {
  readonly kind: ResourceKind;
  readonly namespace: string;
  /** Absent when the body gives the name. */
  readonly name?: string;
}

const bad = (message: string): PlatformError => new PlatformError('INVALID_REQUEST', message);

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const unsupported = (accepted: readonly string[]): PlatformError =>
  new PlatformError(
    'UNSUPPORTED_MEDIA_TYPE',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );

const reason = (fault: unknown): string =>
  (fault instanceof Error ? fault.message : String(fault)).split('\n', 1)[0] ?? '';

function parsed(text: string, read: (text: string) => unknown): Fields {
  let value: unknown;
  try {
    value = read(text);
  } catch (fault) {
    throw bad(`the body could not be read: ${reason(fault)}`);
  }
  if (!isFields(value)) throw bad('the body of the request must be an object');
  return value;
}

const readJson = (text: string): unknown => JSON.parse(text) as unknown;
const readYaml = (text: string): unknown =>
  parse(text, { maxAliasCount: 100, logLevel: 'silent' }) as unknown;

const mediaType = (request: Request): string =>
  (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';

/** The body by its content type; Kubernetes takes a body without one for JSON. Throws INVALID_REQUEST, UNSUPPORTED_MEDIA_TYPE. */
export function readBody(request: Request): Fields {
  const type = mediaType(request);
  if (type === '' || type === 'application/json') return parsed(textOf(request), readJson);
  if (/^(application|text)\/(x-)?yaml$/.test(type)) return parsed(textOf(request), readYaml);
  throw unsupported(objectTypes);
}

/** The body of a patch request. Throws UNSUPPORTED_MEDIA_TYPE for every other kind of patch. */
export function readMergePatch(request: Request): Fields {
  if (mediaType(request) !== mergePatchType) throw unsupported([mergePatchType]);
  return parsed(textOf(request), readJson);
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

function checkSubject(body: Fields, metadata: Fields, { kind, namespace, name }: Expected): void {
  if (body['kind'] === undefined) throw bad("Object 'Kind' is missing in the body");
  if (body['kind'] !== kind) throw bad(`the kind in the data (${shown(body['kind'])}) is not ${kind}`);
  const apiVersion = apiVersionOf(kind);
  if (body['apiVersion'] !== undefined && body['apiVersion'] !== apiVersion) {
    throw bad(
      `the API version in the data (${shown(body['apiVersion'])}) does not match the expected API version (${apiVersion})`,
    );
  }
  if (metadata['namespace'] != null && metadata['namespace'] !== namespace) {
    throw bad('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (name !== undefined && metadata['name'] !== name) {
    throw bad(
      `the name of the object (${shown(metadata['name'])}) does not match the name on the URL (${name})`,
    );
  }
}

const metadataOf = (body: Fields): Fields => (isFields(body['metadata']) ? body['metadata'] : {});

/** The name that a body gives its object; undefined when it gives none. */
export function nameIn(body: Fields): string | undefined {
  const { name } = metadataOf(body);
  return typeof name === 'string' ? name : undefined;
}

type Validate<T> = (
  value: unknown,
) =>
  { readonly ok: true; readonly resource: T } | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * The object in a request's body, valid and of the kind, namespace and name that the path says.
 * Throws INVALID_REQUEST when it is about something else, INVALID_RUNTIME or INVALID_TRIGGER with every problem.
 */
export function objectIn<T>(body: Fields, expected: Expected, validate: Validate<T>): T {
  const metadata = metadataOf(body);
  checkSubject(body, metadata, expected);
  const placed = { ...body, metadata: { ...metadata, namespace: expected.namespace } };
  const checked = validate(isFields(body['metadata']) ? placed : body);
  if (checked.ok) return checked.resource;
  throw invalidObject({ kind: expected.kind, name: nameIn(body) ?? '' }, checked.problems);
}
