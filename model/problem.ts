// Tells everything that is wrong with a resource at once: where, what, and what was expected instead; and validates runtimes.
// Does not own the rules (they are the schemas) nor files and lines: a caller that knows them says where a path is.
import { z } from 'zod';
import { nearest } from './nearest.ts';
import { pathText, type PathSegment } from './path.ts';
import { runtimeApiVersion, runtimeKinds, runtimeSchemas, withDefaults, type Runtime } from './runtime.ts';
import type { RuntimeKind } from './sandbox.ts';
import { fieldsOf, schemaAt } from './schema-at.ts';

export interface Problem {
  /** For example `spec.template.resources.limits.memory`; empty when the whole is meant. */
  readonly path: string;
  readonly message: string;
  readonly expected: string;
  readonly line?: number;
  readonly file?: string;
}

/** Says where in a file a path is, when there is a file. */
export type Locate = (path: readonly PathSegment[]) => { readonly file?: string; readonly line?: number };

export type Validated =
  | { readonly ok: true; readonly runtime: Runtime; readonly passedOver?: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** A problem whose place is not yet written. */
export interface Found {
  readonly at: readonly PathSegment[];
  readonly message: string;
  readonly expected: string;
}

/** Deeper than any resource; past it a value is an attack on the stack. */
const deepest = 64;

const nestedTooDeeply: Found = {
  at: [],
  message: 'is nested too deeply',
  expected: `at most ${deepest} levels`,
};

const isDeeper = (value: unknown, levels: number): boolean => {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
};

/** A copy without the fields that are null: to Kubernetes, null says "not given". */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutNulls);
  const given = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(given.map(([name, field]) => [name, withoutNulls(field)]));
}

/** What was found, as part of a sentence: `is missing`, `got the number 5`. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'is missing';
  if (value === null) return 'got null';
  if (Array.isArray(value)) return value.length === 0 ? 'got an empty list' : 'got a list';
  if (typeof value === 'object') return 'got an object';
  if (typeof value === 'string')
    return `got ${JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value)}`;
  return typeof value === 'number' ? `got the number ${value}` : `got ${JSON.stringify(value)}`;
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

const listed = (words: readonly unknown[]): string => words.map(String).join(' or ');

function expectedBy(issue: z.core.$ZodIssue, root: z.core.$ZodType): string {
  if (issue.code === 'custom' && typeof issue.params?.['expected'] === 'string')
    return issue.params['expected'];
  const schema = schemaAt(root, issue.path);
  const description = schema && z.globalRegistry.get(schema)?.description;
  if (description !== undefined) return description;
  if (issue.code === 'invalid_value') return listed(issue.values);
  return issue.code === 'invalid_type' ? (typeNames[issue.expected] ?? issue.expected) : 'another value';
}

/** What the other kind, or Kubernetes, calls the same thing. */
const elsewhere: Readonly<Record<string, string>> = {
  ports: 'targetPort',
  targetPort: 'ports',
  template: 'podTemplate',
  podTemplate: 'template',
  env: 'environment',
  environment: 'env',
};

function meantBy(key: string, known: readonly string[]): string | undefined {
  const other = Object.hasOwn(elsewhere, key) ? elsewhere[key] : undefined;
  return other !== undefined && known.includes(other) ? other : nearest(key, known);
}

const unknownField = 'unknown field';

/** Whether all that is wrong is that nobody here knows the field. */
export const isUnknownField = ({ message }: Problem): boolean => message.startsWith(unknownField);

function unknownFields(issue: z.core.$ZodIssueUnrecognizedKeys, root: z.core.$ZodType): Found[] {
  const known = fieldsOf(schemaAt(root, issue.path));
  return issue.keys.map((key) => {
    const at = [...segments(issue.path), key];
    const meant = meantBy(key, known);
    const hint = meant === undefined ? '' : `, did you mean ${JSON.stringify(meant)}?`;
    const expected = meant ?? `one of ${[...known].sort().join(', ')}`;
    return { at, message: `${unknownField} ${JSON.stringify(pathText(at))}${hint}`, expected };
  });
}

const segments = (path: readonly PropertyKey[]): PathSegment[] =>
  path.map((segment) => (typeof segment === 'symbol' ? String(segment) : segment));

function foundBy(issue: z.core.$ZodIssue, root: z.core.$ZodType): Found[] {
  if (issue.code === 'unrecognized_keys') return unknownFields(issue, root);
  const said = issue.code === 'custom' && issue.message !== 'Invalid input';
  const message = said ? issue.message : describeValue(issue.input);
  return [{ at: segments(issue.path), message, expected: expectedBy(issue, root) }];
}

const isKind = (kind: unknown): kind is RuntimeKind => runtimeKinds.some((known) => known === kind);

/** What is wrong with an object whose kind is none of `kinds`. `apiVersion` is that of the kind it is nearest to. */
export function unknownKind(
  given: { readonly kind?: unknown; readonly apiVersion?: unknown },
  kinds: readonly string[],
  apiVersions: readonly string[],
): Found[] {
  const meant = typeof given.kind === 'string' ? nearest(given.kind, kinds) : undefined;
  const hint = meant === undefined ? '' : `, did you mean ${JSON.stringify(meant)}?`;
  const kind = { at: ['kind'], message: describeValue(given.kind) + hint, expected: listed(kinds) };
  if (apiVersions.some((known) => known === given.apiVersion)) return [kind];
  return [
    { at: ['apiVersion'], message: describeValue(given.apiVersion), expected: listed(apiVersions) },
    kind,
  ];
}

/** Whether it is an object, and no list. */
export const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** All that a schema finds wrong with a value. */
export function foundIn(value: unknown, schema: z.ZodType): Found[] {
  const parsed = schema.safeParse(value, { reportInput: true });
  return parsed.success ? [] : parsed.error.issues.flatMap((issue) => foundBy(issue, schema));
}

function problemsOf(value: unknown): Found[] {
  if (!isObject(value))
    return [{ at: [], message: describeValue(value), expected: `an object of kind ${listed(runtimeKinds)}` }];
  const { kind } = value as { kind?: unknown };
  if (!isKind(kind)) return unknownKind(value, runtimeKinds, [runtimeApiVersion]);
  return foundIn(value, runtimeSchemas[kind]);
}

/**
 * What a value from JSON or YAML says, without fields that are null, and every problem that `find` finds in it, with its place.
 * One that is nested too deeply is not looked at. Never throws.
 */
export function looked(
  value: unknown,
  find: (given: unknown) => readonly Found[],
  locate?: Locate,
): { readonly given: unknown; readonly problems: readonly Problem[] } {
  const tooDeep = isDeeper(value, deepest);
  const given = tooDeep ? undefined : withoutNulls(value);
  const problems = (tooDeep ? [nestedTooDeeply] : find(given)).map(({ at, message, expected }) => ({
    path: pathText(at),
    message,
    expected,
    ...locate?.(at),
  }));
  return { given, problems };
}

const allProblems = (): boolean => true;

/**
 * A value from JSON or YAML as a runtime with the CRD's defaults, or every problem that it has. Never throws.
 * Fields that are null count as not given, as they do to Kubernetes. A problem for which `counts` answers false
 * does not make it invalid; it is answered in `passedOver`.
 */
export function validateRuntime(
  value: unknown,
  locate?: Locate,
  counts: (problem: Problem) => boolean = allProblems,
): Validated {
  const { given, problems: found } = looked(value, problemsOf, locate);
  const problems = found.filter(counts);
  if (problems.length > 0) return { ok: false, problems };
  // The schemas check and never transform, so what they accepted is what was given.
  const runtime = withDefaults(given as Runtime);
  return found.length === 0 ? { ok: true, runtime } : { ok: true, runtime, passedOver: found };
}
