// The CustomResourceDefinitions of both kinds of runtime, as objects. Does not own their text (generate.ts) nor the rules, which
// are those of model/runtime.ts.
import { runtimeGroup, runtimePlurals, runtimeSchemas, runtimeVersion } from '../../model/runtime.ts';
import type { RuntimeKind } from '../../model/sandbox.ts';
import { toldStatus } from '../../model/told-status.ts';
import { described } from './described.ts';
import { structuralOf, type Structural } from './structural.ts';

const shortNames = { AgentRuntime: ['ar'], CodeInterpreter: ['ci'] } as const;

const column = (name: string, type: string, jsonPath: string, description: string, priority = 0) => ({
  name,
  type,
  jsonPath,
  description,
  ...(priority > 0 && { priority }),
});

const ofReady = (field: string): string => `.status.conditions[?(@.type=="Ready")].${field}`;

const columns = [
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

/** The part of a schema at a path such as `spec.ports[].port`; throws where there is none. */
function partAt(schema: Structural, path: string): Structural {
  let part: Structural | undefined = schema;
  for (const word of path.replaceAll('[]', '.[]').split('.'))
    part = word === '[]' ? part?.items : part?.properties?.[word];
  if (!part) throw new Error(`the schema has no ${path}`);
  return part;
}

function schemaOf(kind: RuntimeKind): Structural {
  const { spec } = runtimeSchemas[kind].shape;
  const schema: Structural = {
    type: 'object',
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: structuralOf(spec),
      status: structuralOf(toldStatus),
    },
    required: ['spec'],
  };
  for (const [path, more] of Object.entries(described[kind])) Object.assign(partAt(schema, path), more);
  return schema;
}

const nameOf = (kind: RuntimeKind): string => `${runtimePlurals[kind]}.${runtimeGroup}`;

/** The definition of one kind: served and stored in one version, with `status` as a subresource. */
export function definitionOf(kind: RuntimeKind): object {
  const plural = runtimePlurals[kind];
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: nameOf(kind) },
    spec: {
      group: runtimeGroup,
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
          name: runtimeVersion,
          served: true,
          storage: true,
          additionalPrinterColumns: columns,
          subresources: { status: {} },
          schema: { openAPIV3Schema: schemaOf(kind) },
        },
      ],
    },
  };
}
