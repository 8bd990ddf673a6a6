// A row of the store as a trigger. Does not own the store, nor what is valid.
import { PlatformError } from '../model/errors.ts';
import { validateTrigger } from '../model/resource.ts';
import { triggerApiVersion, triggerKind, type Trigger } from '../model/trigger.ts';
import type { ResourceKey } from './resource-store.ts';

function parsed(json: string): object {
  const value: unknown = JSON.parse(json);
  if (typeof value === 'object' && value !== null) return value;
  throw new PlatformError('INTERNAL', 'the stored text is no object');
}

/** One that is no longer valid comes back as it is, with what is wrong. Never throws. */
export function readStoredTrigger(row: ResourceKey & { readonly json: string }): {
  readonly trigger: Trigger;
  readonly refused?: string;
} {
  const { name, namespace } = row;
  const nameless = { apiVersion: triggerApiVersion, kind: triggerKind, metadata: { name, namespace } };
  try {
    const value = parsed(row.json);
    const checked = validateTrigger(value);
    if (checked.ok) return { trigger: checked.resource };
    const lines = checked.problems.map((one) => `${one.path}: ${one.message} (expected ${one.expected})`);
    return { trigger: { ...nameless, ...value } as Trigger, refused: lines.join('; ') };
  } catch (fault) {
    const refused = fault instanceof Error ? fault.message : String(fault);
    return { trigger: { ...nameless, spec: {} } as unknown as Trigger, refused };
  }
}
