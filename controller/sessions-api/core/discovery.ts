// Kubernetes' discovery documents of this API, in their older form, one per level, and in the newer, all in one.
// Written once, as they never change. Does not own what a session looks like (schema.ts).
import {
  sessionsApiVersion,
  sessionsGroup,
  sessionsKind,
  sessionsPlural,
  sessionsVersion,
} from './schema.ts';

const verbs = ['delete', 'deletecollection', 'get', 'list', 'watch'];
const names = { singularName: 'session', shortNames: ['sess'], categories: ['agentcube'] };
const version = { groupVersion: sessionsApiVersion, version: sessionsVersion };
const group = { name: sessionsGroup, versions: [version], preferredVersion: version };

/** The documents by path. */
export const discovery: Readonly<Record<string, object>> = {
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [group] },
  [`/apis/${sessionsGroup}`]: { kind: 'APIGroup', apiVersion: 'v1', ...group },
  [`/apis/${sessionsApiVersion}`]: {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: sessionsApiVersion,
    resources: [{ name: sessionsPlural, namespaced: true, kind: sessionsKind, verbs, ...names }],
  },
};

const aggregatedParameters = 'g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
export const aggregatedType = `application/json;${aggregatedParameters}`;

/** Whether all of it is asked for in one document. */
export const wantsAggregated = (accept = ''): boolean =>
  accept.split(',').some((entry) => {
    const parts = new Set(entry.split(';').map((part) => part.trim()));
    return aggregatedType.split(';').every((part) => parts.has(part));
  });

export const aggregated: object = {
  kind: 'APIGroupDiscoveryList',
  apiVersion: 'apidiscovery.k8s.io/v2',
  metadata: {},
  items: [
    {
      metadata: { name: sessionsGroup, creationTimestamp: null },
      versions: [
        {
          version: sessionsVersion,
          freshness: 'Current',
          resources: [
            {
              resource: sessionsPlural,
              responseKind: { group: sessionsGroup, version: sessionsVersion, kind: sessionsKind },
              scope: 'Namespaced',
              singularResource: names.singularName,
              verbs,
              shortNames: names.shortNames,
              categories: names.categories,
            },
          ],
        },
      ],
    },
  ],
};
