// The CustomResourceDefinitions of runtimes and triggers, as objects. Does not own their text (generate.ts) nor the rules, which
// are those of model/runtime.ts and model/trigger.ts.
import { groupOf, resourcePlurals, type ResourceKind } from '../../model/resource.ts';
import { runtimeSchemas, runtimeVersion } from '../../model/runtime.ts';
import { toldStatus } from '../../model/told-status.ts';
import { trigger, triggerKind, triggerVersion } from '../../model/trigger.ts';
import { described } from './described.ts';
import { structuralOf, type Structural } from './structural.ts';

const shortNames = { AgentRuntime: ['ar'], CodeInterpreter: ['ci'], Trigger: ['actrigger'] } as const;

const column = (name: string, type: string, jsonPath: string, description: string, priority = 0) => ({
  name,
  type,
  jsonPath,
  description,
  ...(priority > 0 && { priority }),
});

const ofReady = (field: string): string => `.status.conditions[?(@.type=="Ready")].${field}`;

const ofRuntimes = [
  column('Ready', 'string', ofReady('status'), 'Sandboxes of it start, and its pool is full'),
  column('Warm', 'integer', '.status.warm', 'Sandboxes that wait for sessions'),
  column('Active', 'integer', '.status.active', 'Sessions whose sandbox runs'),
  column('Asleep', 'integer', '.status.asleep', 'Sessions that sleep'),
  column('Age', 'date', '.metadata.creationTimestamp', 'Since when it is there'),
  column('Wanted', 'integer', '.status.wanted', 'Sandboxes that should wait for sessions', 1),
  column('Class', 'string', '.status.scaling.class', 'What decides how many that are', 1),
  column('Why', 'string', '.status.scaling.why', 'Why it is so many, in numbers', 1),
  column('Reason', 'string', ofReady('reason'), 'Why it is ready or not', 1),
  column('Message', 'string', ofReady('message'), 'The same in words', 1),
];

const ofTriggers = [
  column('Broker', 'string', '.spec.broker', 'Whose events it takes; default when it does not say'),
  column('Target', 'string', '.spec.target.name', 'The runtime whose sessions handle them'),
  column('Ready', 'string', ofReady('status'), 'It is valid, and its target is deployed'),
  column('Age', 'date', '.metadata.creationTimestamp', 'Since when it is there'),
  column('Schedule', 'string', '.spec.schedule.cron', 'When it makes events by itself', 1),
  column('Reason', 'string', ofReady('reason'), 'Why it is ready or not', 1),
  column('Message', 'string', ofReady('message'), 'The same in words', 1),
];

/** The part of a schema at a path such as `spec.ports[].port`; throws where there is none. */
function partAt(schema: Structural, path: string): Structural {
  let part: Structural | undefined = schema;
  for (const word of path.replaceAll('[]', '.[]').split('.'))
    part = word === '[]' ? part?.items : part?.properties?.[word];
  if (!part) throw new Error(`the schema has no ${path}`);
  return part;
}

/** Filters hold filters, which no structural schema can say: the controller says in the status what is wrong with one. */
const openFilters: Structural = {
  type: 'array',
  items: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  'x-kubernetes-list-type': 'atomic',
};

function triggerSpec(): Structural {
  const { spec } = trigger.shape;
  const { properties = {}, ...rest } = structuralOf(spec.omit({ filters: true }));
  return { ...rest, properties: { ...properties, filters: openFilters } };
}

const triggerStatus = toldStatus.pick({ conditions: true, ready: true, observedGeneration: true });

/** The schemas of what a person writes and of what the platform tells. */
const partsOf = (kind: ResourceKind): { readonly spec: Structural; readonly status: Structural } =>
  kind === triggerKind
    ? { spec: triggerSpec(), status: structuralOf(triggerStatus) }
    : { spec: structuralOf(runtimeSchemas[kind].shape.spec), status: structuralOf(toldStatus) };

function schemaOf(kind: ResourceKind): Structural {
  const schema: Structural = {
    type: 'object',
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      ...partsOf(kind),
    },
    required: ['spec'],
  };
  for (const [path, more] of Object.entries(described[kind])) Object.assign(partAt(schema, path), more);
  return schema;
}

const nameOf = (kind: ResourceKind): string => `${resourcePlurals[kind]}.${groupOf(kind)}`;

/** The definition of one kind: served and stored in one version, with `status` as a subresource. */
export function definitionOf(kind: ResourceKind): object {
  const plural = resourcePlurals[kind];
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: nameOf(kind) },
    spec: {
      group: groupOf(kind),
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames: shortNames[kind],
        categories: ['agentcube'],
      },
      scope: 'Namespaced',
      versions: [
        {
          name: kind === triggerKind ? triggerVersion : runtimeVersion,
          served: true,
          storage: true,
          additionalPrinterColumns: kind === triggerKind ? ofTriggers : ofRuntimes,
          subresources: { status: {} },
          schema: { openAPIV3Schema: schemaOf(kind) },
        },
      ],
    },
  };
}
