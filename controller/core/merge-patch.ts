// JSON Merge Patch (RFC 7386): what a value becomes when a patch is laid over it. Decides only.
// Does not own what may be patched, nor whether the outcome is valid.
import { PlatformError } from '../../model/errors.ts';

/** Deeper than any runtime; past it a patch is an attack on the stack. */
const deepest = 64;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The patched value; neither argument is changed. `null` removes a field, a list replaces a list.
 * Throws INVALID_REQUEST when the patch is nested too deeply.
 */
export function mergePatch(target: unknown, patch: unknown, depth = 0): unknown {
  if (!isObject(patch)) return patch;
  if (depth > deepest) throw new PlatformError('INVALID_REQUEST', 'the patch is nested too deeply');
  // A map, as `__proto__` is a field name like any other in JSON.
  const merged = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value, depth + 1));
  }
  return Object.fromEntries(merged);
}
