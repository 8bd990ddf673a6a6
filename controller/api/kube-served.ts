// Which resources the control port serves to Kubernetes clients, as discovery and OpenAPI tell of them.
// Does not own the definitions of runtimes and triggers (config/crds/), nor what answers.
import { createHash } from 'node:crypto';
import { resourceKinds, type ResourceKind } from '../../model/resource.ts';
import { discovery } from '../sessions-api/core/discovery.ts';
import {
  sessionsApiVersion,
  sessionsGroup,
  sessionsKind,
  sessionsVersion,
} from '../sessions-api/core/schema.ts';
import { servedDefinition } from './kube-columns.ts';
import type { Served } from './kube-discovery.ts';

/** As an API server lists those of a CustomResourceDefinition. */
const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

/** As an API server makes it of the version that it stores. */
const hashOf = (stored: string): string =>
  createHash('sha256').update(stored).digest().subarray(0, 8).toString('base64');

function deployed(kind: ResourceKind): Served {
  const { group, names, versions } = servedDefinition(kind).spec;
  const { plural: name, singular, shortNames, categories } = names;
  const status = { name: 'status', kind, verbs: ['get'] };
  const { name: version } = versions[0];
  const called = { group, version, name, singular, kind, shortNames, categories };
  const storageVersionHash = hashOf(`${group}/${version}/${kind}`);
  return { ...called, namespaced: true, verbs, subresources: [status], storageVersionHash };
}

interface SessionsDocument {
  readonly resources: readonly [
    {
      readonly name: string;
      readonly singularName: string;
      readonly verbs: readonly string[];
      readonly shortNames: readonly string[];
      readonly categories: readonly string[];
    },
  ];
}

function sessions(): Served {
  const [one] = (discovery[`/apis/${sessionsApiVersion}`] as SessionsDocument).resources;
  const { name, singularName: singular, verbs: may, shortNames, categories } = one;
  const called = { group: sessionsGroup, version: sessionsVersion, kind: sessionsKind, name, singular };
  return { ...called, namespaced: true, verbs: may, shortNames, categories };
}

const core = { group: '', version: 'v1' };
const looks = ['get', 'list', 'watch'];

/** What kubectl itself asks for. */
export const coreResources: readonly Served[] = [
  {
    ...core,
    name: 'events',
    singular: 'event',
    kind: 'Event',
    namespaced: true,
    verbs: looks,
    shortNames: ['ev'],
  },
  {
    ...core,
    name: 'namespaces',
    singular: 'namespace',
    kind: 'Namespace',
    namespaced: false,
    verbs: looks,
    shortNames: ['ns'],
  },
  {
    ...core,
    name: 'services',
    singular: 'service',
    kind: 'Service',
    namespaced: true,
    verbs: looks,
    shortNames: ['svc'],
  },
];

const reviews: readonly Served[] = [
  {
    group: 'authorization.k8s.io',
    version: 'v1',
    name: 'selfsubjectaccessreviews',
    singular: 'selfsubjectaccessreview',
    kind: 'SelfSubjectAccessReview',
    namespaced: false,
    verbs: ['create'],
  },
];

/** All of them; of runtimes and triggers, these kinds. Groups are in order of their names. */
export const servedResources = (kinds: readonly ResourceKind[]): readonly Served[] => [
  ...coreResources,
  sessions(),
  ...reviews,
  ...resourceKinds
    .filter((kind) => kinds.includes(kind))
    .map(deployed)
    .sort((one, other) => (one.group < other.group ? -1 : one.group === other.group ? 0 : 1)),
];
