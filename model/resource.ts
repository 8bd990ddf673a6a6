// The kinds of object that users deploy: both kinds of runtime, and triggers. Which group and plural each has, and reading one of any.
// Does not own what is valid of a kind (runtime.ts, trigger.ts).
import type { PathSegment } from './path.ts';
import {
  describeValue,
  foundIn,
  isObject,
  looked,
  unknownKind,
  validateRuntime,
  type Found,
  type Locate,
  type Problem,
} from './problem.ts';
import { runtimeApiVersion, runtimeGroup, runtimeKinds, runtimePlurals, type Runtime } from './runtime.ts';
import { runtimeKeyText, type RuntimeKind } from './sandbox.ts';
import {
  trigger,
  triggerApiVersion,
  triggerGroup,
  triggerKind,
  triggerPlural,
  type Trigger,
} from './trigger.ts';

export type ResourceKind = RuntimeKind | typeof triggerKind;
export type Resource = Runtime | Trigger;

export const resourceKinds = [...runtimeKinds, triggerKind] as const satisfies readonly ResourceKind[];

export const resourcePlurals = {
  ...runtimePlurals,
  Trigger: triggerPlural,
} as const satisfies Record<ResourceKind, string>;

export const groupOf = (kind: ResourceKind): string => (kind === triggerKind ? triggerGroup : runtimeGroup);

export const apiVersionOf = (kind: ResourceKind): string =>
  kind === triggerKind ? triggerApiVersion : runtimeApiVersion;

/** Kind, namespace and name as one text. */
export const resourceKeyText = ({ kind, metadata: { namespace = 'default', name } }: Resource): string =>
  kind === triggerKind ? `${kind}/${namespace}/${name}` : runtimeKeyText({ kind, namespace, name });

type Checked<T> =
  { readonly ok: true; readonly resource: T } | { readonly ok: false; readonly problems: readonly Problem[] };

function problemsOfTrigger(value: unknown): readonly Found[] {
  if (isObject(value)) return foundIn(value, trigger);
  return [{ at: [], message: describeValue(value), expected: `an object of kind ${triggerKind}` }];
}

/**
 * A value from JSON or YAML as a trigger in its namespace (`default` when it names none), or every problem that it has.
 * Nothing else is filled in. Fields that are null count as not given. Never throws.
 */
export function validateTrigger(value: unknown, locate?: Locate): Checked<Trigger> {
  const { given, problems } = looked(value, problemsOfTrigger, locate);
  if (problems.length > 0) return { ok: false, problems };
  // The schemas check and never transform, so what they accepted is what was given.
  const { metadata, ...rest } = given as Trigger;
  return {
    ok: true,
    resource: { ...rest, metadata: { ...metadata, namespace: metadata.namespace ?? 'default' } },
  };
}

/** The kind that an object is of; undefined when it says none that there is. */
function kindOf(value: unknown): ResourceKind | undefined {
  const kind: unknown = isObject(value) && 'kind' in value ? value.kind : undefined;
  return resourceKinds.find((known) => known === kind);
}

const strange = (value: unknown): readonly Found[] =>
  isObject(value)
    ? unknownKind(value, resourceKinds, [runtimeApiVersion, triggerApiVersion])
    : [
        {
          at: [],
          message: describeValue(value),
          expected: `an object of kind ${resourceKinds.join(' or ')}`,
        },
      ];

/** A value as whatever kind it says that it is. See validateRuntime and validateTrigger. */
export function validateResource(
  value: unknown,
  locate?: (path: readonly PathSegment[]) => ReturnType<Locate>,
): Checked<Resource> {
  const kind = kindOf(value);
  if (kind === triggerKind) return validateTrigger(value, locate);
  if (kind === undefined) return { ok: false, problems: looked(value, strange, locate).problems };
  const checked = validateRuntime(value, locate);
  return checked.ok ? { ok: true, resource: checked.runtime } : checked;
}
