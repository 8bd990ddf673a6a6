// Kubernetes' discovery documents: which groups, versions and resources this server has. Written once, as they never change.
import {
  runtimeApiVersion,
  runtimeGroup,
  runtimeKinds,
  runtimePlurals,
  runtimeVersion,
} from '../../model/runtime.ts';
import type { Route } from './route.ts';

const version = { groupVersion: runtimeApiVersion, version: runtimeVersion };
const group = { name: runtimeGroup, versions: [version], preferredVersion: version };

const documents: Readonly<Record<string, object>> = {
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [group] },
  [`/apis/${runtimeGroup}`]: { kind: 'APIGroup', apiVersion: 'v1', ...group },
  [`/apis/${runtimeApiVersion}`]: {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: runtimeApiVersion,
    resources: runtimeKinds.map((kind) => ({
      name: runtimePlurals[kind],
      singularName: kind.toLowerCase(),
      namespaced: true,
      kind,
      verbs: ['create', 'delete', 'get', 'list', 'patch', 'update'],
    })),
  },
};

export const discoveryRoutes = (): Route[] =>
  Object.entries(documents).map(([path, document]) => ({
    method: 'get',
    path,
    doc: {
      summary: 'What this server has, for Kubernetes clients',
      tag: 'About',
      answers: { 200: { description: 'The discovery document.', schema: 'Object' } },
    },
    handle: (_, response) => void response.json(document),
  }));
