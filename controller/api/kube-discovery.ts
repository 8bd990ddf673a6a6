// Kubernetes' discovery documents: which groups, versions and resources this server has, one document a level or all in one.
// Written once, as they never change. Does not own what answers for a resource.
import type { Request, Response } from 'express';
import { aggregatedType, wantsAggregated } from '../sessions-api/core/discovery.ts';
import type { Route } from './route.ts';

export interface ServedVerbs {
  readonly name: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

/** A resource as discovery tells of it. */
export interface Served extends ServedVerbs {
  /** Empty for the core group, which is below `/api`. */
  readonly group: string;
  readonly version: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  /** Their names are the words behind the slash. */
  readonly subresources?: readonly ServedVerbs[];
  /** Tells clients when objects are stored in another form: then they read them anew. */
  readonly storageVersionHash?: string;
}

interface Group {
  readonly name: string;
  readonly version: string;
  readonly resources: readonly Served[];
}

const groupVersionOf = ({ name, version }: Group): string => (name === '' ? version : `${name}/${version}`);

/** The resources by their group. The resources of one group have one version. */
function groupsOf(served: readonly Served[]): Group[] {
  const byGroup = Map.groupBy(served, ({ group }) => group);
  return [...byGroup].map(([name, resources]) => ({ name, version: resources[0]?.version ?? '', resources }));
}

const named = ({ shortNames, categories }: Served): object => ({
  ...(shortNames && { shortNames }),
  ...(categories && { categories }),
});

function listed(one: Served): object[] {
  const {
    name,
    singular: singularName,
    namespaced,
    kind,
    verbs,
    storageVersionHash,
    subresources = [],
  } = one;
  const below = subresources.map((sub) => ({
    ...{ name: `${name}/${sub.name}`, singularName: '', namespaced, kind: sub.kind, verbs: sub.verbs },
  }));
  const stored = storageVersionHash !== undefined && { storageVersionHash };
  return [{ name, singularName, namespaced, kind, verbs, ...named(one), ...stored }, ...below];
}

const resourceList = (group: Group): object => ({
  kind: 'APIResourceList',
  ...(group.name !== '' && { apiVersion: 'v1' }),
  groupVersion: groupVersionOf(group),
  resources: group.resources.flatMap(listed),
});

function groupDocument(group: Group): object {
  const version = { groupVersion: groupVersionOf(group), version: group.version };
  return { name: group.name, versions: [version], preferredVersion: version };
}

function aggregatedResource(one: Served): object {
  const { group, version, name, kind, singular, namespaced, verbs, subresources } = one;
  const scope = namespaced ? 'Namespaced' : 'Cluster';
  const below = subresources?.map((sub) => ({
    subresource: sub.name,
    responseKind: { group, version, kind: sub.kind },
    verbs: sub.verbs,
  }));
  return {
    resource: name,
    responseKind: { group, version, kind },
    scope,
    singularResource: singular,
    verbs,
    ...named(one),
    ...(below && { subresources: below }),
  };
}

const aggregatedList = (groups: readonly Group[]): object => ({
  kind: 'APIGroupDiscoveryList',
  apiVersion: 'apidiscovery.k8s.io/v2',
  metadata: {},
  items: groups.map(({ name, version, resources }) => ({
    metadata: { ...(name !== '' && { name }), creationTimestamp: null },
    versions: [{ version, resources: resources.map(aggregatedResource), freshness: 'Current' }],
  })),
});

const documented = (path: string, handle: Route['handle']): Route => ({
  method: 'get',
  path,
  doc: {
    summary: 'What this server has, for Kubernetes clients',
    tag: 'About',
    answers: { 200: { description: 'The discovery document.', schema: 'Object' } },
  },
  handle,
});

const fixed = (path: string, document: object): Route =>
  documented(path, (_, response) => void response.json(document));

/** One document for those who know only one level at a time, another for those who take all in one. */
const either = (path: string, plain: object, groups: readonly Group[]): Route => {
  const all = JSON.stringify(aggregatedList(groups));
  return documented(path, (request: Request, response: Response) => {
    response.setHeader('Vary', 'Accept');
    if (!wantsAggregated(request.headers.accept)) return void response.json(plain);
    response.setHeader('Content-Type', aggregatedType).end(all);
  });
};

const coreVersions = {
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [],
};

/** Routes that tell of these resources. */
export function discoveryRoutes(served: readonly Served[]): Route[] {
  const all = groupsOf(served);
  const core = all.filter(({ name }) => name === '');
  const groups = all.filter(({ name }) => name !== '');
  const plain = { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupDocument) };
  return [
    either('/api', coreVersions, core),
    ...core.map((group) => fixed(`/api/${group.version}`, resourceList(group))),
    either('/apis', plain, groups),
    ...groups.flatMap((group) => [
      fixed(`/apis/${group.name}`, { kind: 'APIGroup', apiVersion: 'v1', ...groupDocument(group) }),
      fixed(`/apis/${group.name}/${group.version}`, resourceList(group)),
    ]),
  ];
}
