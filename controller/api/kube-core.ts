// The few resources of Kubernetes' own that kubectl asks for wherever it is: namespaces, which are those that something is deployed in
// and `default`; events and services, of which there are none; whether a caller may do something; and the version.
// Does not own what is deployed. Nothing of it is kept, so nothing of it is written.
import type { Request } from 'express';
import type { Clock } from '../../model/clock.ts';
import { dnsLabel } from '../../model/fields.ts';
import { Columns, type PrinterColumn } from '../core/kube-table.ts';
import { selects } from '../core/selection.ts';
import type { ResourceChanges } from '../resource-log.ts';
import { Forms, type KubeObject, type Shape } from './kube-forms.ts';
import { asksToWatch, listOptionsOf, readListQuery, watchOptionsOf } from './kube-query.ts';
import { KubeRefusal } from './kube-refusal.ts';
import { pageOf } from './kube-reads.ts';
import type { KubeResource } from './kube-resources.ts';
import type { Watches } from './kube-watch.ts';
import { param, type Route } from './route.ts';

export interface CoreDeps {
  readonly resources: readonly KubeResource[];
  readonly clock: Pick<Clock, 'now'>;
  readonly watches: Watches;
  /** The platform's own version. */
  readonly version?: string | undefined;
}

/** The Kubernetes whose clients this server is made for. */
const kubernetes = { major: '1', minor: '35' };

const versionDocument = (version: string | undefined): object => ({
  ...kubernetes,
  gitVersion: `v${kubernetes.major}.${kubernetes.minor}.0+agentcube${version === undefined ? '' : `.${version}`}`,
  gitCommit: '',
  gitTreeState: '',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: 'node',
  platform: `${process.platform}/${process.arch}`,
});

const column = (name: string, type: string, jsonPath: string): PrinterColumn => ({ name, type, jsonPath });
const created = column('Age', 'date', '.metadata.creationTimestamp');

interface Kind {
  readonly shape: Shape;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly all: () => readonly KubeObject[];
  /** One that is there although nobody lists it. */
  readonly named?: (name: string) => KubeObject | undefined;
}

function kinds({ resources }: CoreDeps): Kind[] {
  const shape = (kind: string, columns: readonly PrinterColumn[]): Shape => ({
    ...{ apiVersion: 'v1', kind, columns: new Columns(columns) },
  });
  const inUse = (): string[] => [
    ...new Set(['default', ...resources.flatMap((kept) => kept.list({}).items.map(namespaceOf))]),
  ];
  // Nobody has to make a namespace before deploying into it, so each is there that could be named.
  const named = (name: string): KubeObject | undefined =>
    dnsLabel.safeParse(name).success ? namespaceObject(name) : undefined;
  const namespaces = (): KubeObject[] => inUse().sort().map(namespaceObject);
  const none = (): KubeObject[] => [];
  const status = column('Status', 'string', '.status.phase');
  return [
    {
      named,
      plural: 'namespaces',
      namespaced: false,
      shape: shape('Namespace', [status, created]),
      all: namespaces,
    },
    { plural: 'events', namespaced: true, shape: shape('Event', [created]), all: none },
    { plural: 'services', namespaced: true, shape: shape('Service', [created]), all: none },
  ];
}

const namespaceOf = ({
  metadata,
}: {
  readonly metadata: { readonly namespace?: string | undefined };
}): string => metadata.namespace ?? 'default';

interface NamespaceObject extends KubeObject {
  readonly metadata: KubeObject['metadata'] & { readonly labels: Readonly<Record<string, string>> };
  readonly spec: object;
  readonly status: { readonly phase: 'Active' };
}

const namespaceObject = (name: string): NamespaceObject => ({
  ...{
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
  },
  ...{ spec: {}, status: { phase: 'Active' } },
});

const doc = (summary: string): Route['doc'] => ({
  summary,
  tag: 'About',
  answers: { 200: { description: 'As an API server answers.', schema: 'Object' } },
});

/** Nothing changes. */
const still = (now: () => number): ResourceChanges => ({
  version: String(now()),
  since: () => [],
  listen: () => () => undefined,
});

function routesOf(
  { shape, plural, namespaced, all, named = () => undefined }: Kind,
  { clock, watches }: CoreDeps,
): Route[] {
  const now = (): number => clock.now();
  const found = (request: Request) => {
    const { namespace } = request.params;
    // Events are asked for by fields of theirs; of none, none is right.
    const selection = namespaced
      ? {}
      : readListQuery(request, namespace === undefined ? undefined : String(namespace));
    return { items: all().filter((one) => selects(selection, one)), resourceVersion: String(now()) };
  };
  const list: Route['handle'] = (request, response) => {
    const forms = new Forms(request, shape, now);
    const options = watchOptionsOf(request, Math.random());
    const order = { changes: still(now), selects: () => true, all: () => found(request), forms, options };
    if (asksToWatch(request)) return watches.open(order, response);
    const { items, resourceVersion } = found(request);
    const { page, meta } = pageOf(items, listOptionsOf(request), resourceVersion);
    forms.answer(response, forms.list(page, meta));
  };
  const get: Route['handle'] = (request, response) => {
    const forms = new Forms(request, shape, now);
    const name = param(request, 'name');
    const object = named(name) ?? all().find(({ metadata }) => metadata.name === name);
    if (!object)
      throw new KubeRefusal(404, 'NotFound', `${plural} "${name}" not found`, { name, kind: plural });
    forms.answer(response, forms.one(object));
  };
  const inside = namespaced ? `/api/v1/namespaces/{namespace}/${plural}` : `/api/v1/${plural}`;
  return [
    { method: 'get', path: `/api/v1/${plural}`, doc: doc(`List ${plural}`), handle: list },
    ...(namespaced
      ? [{ method: 'get', path: inside, doc: doc(`List ${plural} of a namespace`), handle: list } as const]
      : []),
    { method: 'get', path: `${inside}/{name}`, doc: doc(`Read one of ${plural}`), handle: get },
  ];
}

/** Nobody is asked who they are, so everybody may do everything. */
const mayAll: Route = {
  method: 'post',
  path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
  doc: doc('Whether the caller may do something: kubectl auth can-i'),
  // Whatever is asked, in whatever form: the answer is the same.
  handle: (_, response) =>
    void response.status(201).json({
      kind: 'SelfSubjectAccessReview',
      apiVersion: 'authorization.k8s.io/v1',
      metadata: {},
      spec: {},
      status: { allowed: true, reason: 'the control port asks nobody who they are' },
    }),
};

/** Routes for what kubectl asks of any server. */
export const coreRoutes = (deps: CoreDeps): Route[] => [
  {
    method: 'get',
    path: '/version',
    doc: doc('The version of this server, as Kubernetes clients ask for it'),
    handle: (_, response) => void response.json(versionDocument(deps.version)),
  },
  ...kinds(deps).flatMap((kind) => routesOf(kind, deps)),
  mayAll,
];
