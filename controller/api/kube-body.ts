// Reads the body of a Kubernetes-style request: which format it is in, and what it says; fields that it has twice are told.
// Does not own what is valid of a kind, nor what is done with it (kube-change.ts).
import type { Request } from 'express';
import { LineCounter, parseDocument, visit, type Document } from 'yaml';
import { isFields, type Fields } from '../core/managed-fields/typed.ts';
import { repeatedFields } from '../core/repeated-fields.ts';
import { badRequest, KubeRefusal } from './kube-refusal.ts';
import { textOf } from './route.ts';

export const objectTypes = ['application/json', 'application/yaml'] as const;
export const jsonPatchType = 'application/json-patch+json';
export const mergePatchType = 'application/merge-patch+json';
export const applyPatchType = 'application/apply-patch+yaml';

/** The kinds of patch, in the order in which an API server names them. */
export const patchTypes = [jsonPatchType, mergePatchType, applyPatchType] as const;
export type PatchType = (typeof patchTypes)[number];

/** What a body says. */
export interface Body {
  readonly value: unknown;
  /** What a strict reader says of it, such as `duplicate field "spec.size"`. */
  readonly strict: readonly string[];
}

export interface ObjectBody extends Body {
  readonly value: Fields;
}

const unsupported = (accepted: readonly string[]): KubeRefusal =>
  new KubeRefusal(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );

const reason = (fault: unknown): string =>
  (fault instanceof Error ? fault.message : String(fault)).split('\n', 1)[0] ?? '';

const unreadable = (fault: unknown): KubeRefusal =>
  badRequest(`the body could not be read: ${reason(fault)}`);

function readJson(text: string): Body {
  try {
    const value = JSON.parse(text) as unknown;
    return { value, strict: repeatedFields(text).map((path) => `duplicate field "${path}"`) };
  } catch (fault) {
    throw unreadable(fault);
  }
}

/** The keys that a map of the document has twice, as Go's reader tells them. */
function repeatedKeys(document: Document, lines: LineCounter): string[] {
  const found: string[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        const name = String(key);
        const offset = (key as { range?: readonly number[] } | null)?.range?.[0] ?? 0;
        if (seen.has(name))
          found.push(`line ${lines.linePos(offset).line}: key ${JSON.stringify(name)} already set in map`);
        seen.add(name);
      }
    },
  });
  return found;
}

function readYaml(text: string): Body {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, logLevel: 'silent' });
  const [fault] = document.errors;
  if (fault) throw unreadable(fault);
  try {
    const value = document.toJS({ maxAliasCount: 100 }) as unknown;
    return { value, strict: repeatedKeys(document, lines) };
  } catch (thrown) {
    throw unreadable(thrown);
  }
}

const mediaType = (request: Request): string =>
  (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';

function objectOf({ value, strict }: Body): ObjectBody {
  if (!isFields(value)) throw badRequest('the body of the request must be an object');
  return { value, strict };
}

/** The body by its content type; Kubernetes takes a body without one for JSON. Throws what an API server answers. */
export function readObject(request: Request): ObjectBody {
  const type = mediaType(request);
  if (type === '' || type === 'application/json') return objectOf(readJson(textOf(request)));
  if (/^(application|text)\/(x-)?yaml$/.test(type)) return objectOf(readYaml(textOf(request)));
  throw unsupported(objectTypes);
}

/** Of a body that may be missing. */
export const readOptional = (request: Request): Fields | undefined =>
  textOf(request) === '' ? undefined : readObject(request).value;

/** Which kind of patch a request is. Throws 415 for every other, with the kinds that there are. */
export function patchTypeOf(request: Request): PatchType {
  const given = mediaType(request);
  const type = patchTypes.find((known) => known === given);
  if (type === undefined) throw unsupported(patchTypes);
  return type;
}

export const readJsonPatch = (request: Request): Body => readJson(textOf(request));
export const readMergePatch = (request: Request): ObjectBody => objectOf(readJson(textOf(request)));

/** What is applied: YAML, which JSON is too. */
export const readApplied = (request: Request): ObjectBody => {
  const text = textOf(request);
  return objectOf(/^\s*\{/.test(text) ? readJson(text) : readYaml(text));
};
