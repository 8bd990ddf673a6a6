// What JSON patches (RFC 6902) and merge patches (RFC 7386) make of an object, and what is said where they do not fit it.
// Does not own what may be changed. A patch is data: it never reaches the prototypes of objects.
import jsonPatch, { type Operation } from 'fast-json-patch';
import { isFields, type Fields } from '../core/managed-fields/typed.ts';
import { mergePatch } from '../core/merge-patch.ts';
import type { Body } from './kube-body.ts';
import { badRequest, KubeRefusal } from './kube-refusal.ts';

/** A patched object, which need not be valid, and what a strict reader says of the patch. */
export type Patched = Body;

const mostOperations = 10_000;
const kinds = ['add', 'remove', 'replace', 'move', 'copy', 'test'];
const members = ['op', 'path', 'from', 'value'];

const rejected = (): KubeRefusal =>
  new KubeRefusal(422, 'Invalid', 'the server rejected our request due to an error in our request', {});

function operationsIn(value: unknown): readonly Fields[] {
  if (!Array.isArray(value))
    throw badRequest(
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    );
  if (value.length > mostOperations)
    throw new KubeRefusal(
      413,
      'RequestEntityTooLarge',
      `The allowed maximum operations in a JSON patch is ${mostOperations}, got ${value.length}`,
    );
  if (!value.every(isFields)) throw badRequest('error decoding patch: an operation is no object');
  return value;
}

const unknownMembers = (operations: readonly Fields[]): string[] =>
  operations.flatMap((operation, at) =>
    Object.keys(operation)
      .filter((name) => !members.includes(name))
      .map((name) => `json patch unknown field "[${at}].${name}"`),
  );

const isOperation = (operation: Fields): boolean =>
  typeof operation['path'] === 'string' && kinds.some((kind) => kind === operation['op']);

/** What a list of operations makes of an object. The body was read. */
export function jsonPatched({ value, strict }: Body): (current: Fields) => Patched {
  const operations = operationsIn(value);
  const complaints = [...strict.map((one) => `json patch ${one}`), ...unknownMembers(operations)];
  return (current) => {
    if (!operations.every(isOperation)) throw rejected();
    try {
      const copy = structuredClone(current) as object;
      // It checks each operation against what is there.
      const checked = operations as unknown as readonly Operation[];
      return { value: jsonPatch.applyPatch(copy, checked, true, true, true).newDocument, strict: complaints };
    } catch {
      throw rejected();
    }
  };
}

/** What a merge patch makes of an object. */
export const mergePatched =
  ({ value, strict }: Body) =>
  (current: Fields): Patched => ({ value: mergePatch(current, value), strict });

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((name) => [name, sorted(value[name])]),
  );
};

/** A patched object as text, as Go writes it. */
export const patchedText = (value: unknown): string => JSON.stringify(sorted(value));
