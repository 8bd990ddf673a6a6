// Kubernetes' discovery documents: which groups, versions and resources this server has. Written once, as they never change.
import { apiVersionOf, groupOf, resourcePlurals, type ResourceKind } from '../../model/resource.ts';
import type { Route } from './route.ts';

const versionOf = (kind: ResourceKind) => {
  const groupVersion = apiVersionOf(kind);
  return { groupVersion, version: groupVersion.slice(groupOf(kind).length + 1) };
};

const resourceOf = (kind: ResourceKind) => ({
  name: resourcePlurals[kind],
  singularName: kind.toLowerCase(),
  namespaced: true,
  kind,
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update'],
});

/** The documents of these kinds by their paths. The kinds of one group have one version. */
function documentsOf(kinds: readonly ResourceKind[]): Readonly<Record<string, object>> {
  const groups = [...Map.groupBy(kinds, groupOf)].map(([name, [first, ...others]]) => {
    const members = first ? [first, ...others] : [];
    const version = first && versionOf(first);
    return { name, version, members };
  });
  const group = ({ name, version }: (typeof groups)[number]) => ({
    name,
    versions: [version],
    preferredVersion: version,
  });
  const all = { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(group) };
  const each = groups.flatMap((one): [string, object][] => [
    [`/apis/${one.name}`, { kind: 'APIGroup', apiVersion: 'v1', ...group(one) }],
    [
      `/apis/${one.version?.groupVersion}`,
      {
        kind: 'APIResourceList',
        apiVersion: 'v1',
        groupVersion: one.version?.groupVersion,
        resources: one.members.map(resourceOf),
      },
    ],
  ]);
  return Object.fromEntries([['/apis', all], ...each]);
}

export const discoveryRoutes = (kinds: readonly ResourceKind[]): Route[] =>
  Object.entries(documentsOf(kinds)).map(([path, document]) => ({
    method: 'get',
    path,
    doc: {
      summary: 'What this server has, for Kubernetes clients',
      tag: 'About',
      answers: { 200: { description: 'The discovery document.', schema: 'Object' } },
    },
    handle: (_, response) => void response.json(document),
  }));
