// Owns: the command lines that have to come to the same on a laptop and on a cluster, in the order in which they are run.
// Does not own how they are run and compared (server.ts, ../kubectl-verbs.test.ts).
import { agent, all, interpreter, namespace, trigger } from './objects.ts';

export interface Row {
  /** After `kubectl -n test-verbs`. */
  readonly line: string;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const row = (line: string, stdin?: string, env?: Row['env']): Row => ({
  line: `${line} -n ${namespace}`,
  ...(stdin !== undefined && { stdin }),
  ...(env && { env }),
});

const editor = (script: string): Row['env'] => ({ KUBE_EDITOR: `sed -i ${script}` });
const ready = (what: string): Row => row(`wait ${what} --for=condition=Ready --timeout=30s`);

const labelled = { labels: { tier: 'gold', app: 'x' } };
const patch = (what: string, how: string, body: unknown, ...more: readonly string[]): Row =>
  row(`patch ${what} --type=${how} -p '${JSON.stringify(body)}' ${more.join(' ')}`);

/** A line that goes on while others are run, and is ended when it has printed what it is to print, if it does not end by itself. */
export interface Beside {
  readonly line: string;
  /** Lines that it prints before the others are run. */
  readonly before: number;
  readonly during: readonly Row[];
  /** Lines that it prints in all. */
  readonly lines: number;
}

const object = agent('seven', {}, { labels: { step: '0' } });
const begin: readonly Row[] = [row('apply -f -', object), ready('ar/seven')];
const steps: readonly Row[] = [
  row('label ar seven step=1 --overwrite'),
  row('label ar seven step=2 --overwrite'),
  row('delete ar seven'),
];
const step = `-o jsonpath='{.metadata.name} {.metadata.labels.step}{"\\n"}'`;

/** What is watched has come to rest before, so that nobody but these lines changes it. */
export const watches: readonly (Beside & { readonly first: readonly Row[] })[] = [
  { ...row('get ar -w'), first: begin, before: 2, during: steps, lines: 5 },
  { ...row('get ar seven -w --output-watch-events'), first: begin, before: 2, during: steps, lines: 5 },
  { ...row(`get ar -l step --watch-only ${step}`), first: begin, before: 0, during: steps, lines: 3 },
  { ...row('wait ar/seven --for=delete --timeout=20s'), first: begin, before: 0, during: steps, lines: 1 },
  {
    ...row(`wait ar/seven --for=jsonpath={.metadata.labels.step}=1 --timeout=20s`),
    first: begin,
    before: 0,
    during: steps,
    lines: 1,
  },
];

export const tables: Readonly<Record<string, readonly Row[]>> = {
  'what is served': [
    row('api-resources --api-group=runtime.agentcube.volcano.sh'),
    row('api-resources --api-group=eventing.agentcube.volcano.sh -o wide'),
    row('api-resources --categories=agentcube -o name'),
    row('explain agentruntimes'),
    row('explain codeinterpreters --recursive'),
    row('explain ci.spec.template'),
    row('explain ar.spec.targetPort.port'),
    row('explain actrigger.spec.delivery'),
    row('explain ar.spec.nonsense'),
    row('explain nonsense'),
    row('get nonsense'),
    row('get --raw /apis/runtime.agentcube.volcano.sh/v2'),
  ],
  'nothing is there': [
    row('get agentruntimes'),
    row('get ci,ar'),
    row('get agentcube'),
    row('get ar nobody'),
    row('get ar nobody --ignore-not-found'),
    row('get ar -o yaml'),
    row('get ar -o name'),
    row('delete ar nobody'),
    row('delete ar nobody --ignore-not-found'),
    row('delete ar --all'),
    row('describe ar nobody'),
    row('describe ar'),
    row('label ar nobody a=b'),
    patch('ar nobody', 'merge', { metadata: { labels: { a: 'b' } } }),
    row('wait ar/nobody --for=condition=Ready --timeout=5s'),
    row('wait ar/nobody --for=delete --timeout=5s'),
    row('edit ar nobody', undefined, editor('s/a/b/')),
  ],
  'apply on the client': [
    row('apply -f - --dry-run=client', agent('one')),
    row('apply -f - --dry-run=server', agent('one')),
    row('get ar one'),
    row('diff -f -', agent('one')),
    row('apply -f -', agent('one')),
    row('apply -f -', agent('one')),
    ready('ar/one'),
    row('get ar'),
    row('get ar one -o wide'),
    row('get ar one -o yaml'),
    row('get ar one -o json'),
    row('diff -f -', agent('one')),
    row('diff -f -', agent('one', { pauseAfter: '10s' })),
    row('apply -f - --dry-run=server', agent('one', { pauseAfter: '10s' })),
    row('apply -f - --dry-run=server -o yaml', agent('one', { pauseAfter: '10s' })),
    row('apply -f -', agent('one', { pauseAfter: '10s' }, labelled)),
    row('get ar one -o jsonpath={.spec.pauseAfter}/{.metadata.generation}/{.metadata.labels.tier}'),
    row('apply -f -', agent('one', {}, labelled)),
    row('get ar one -o jsonpath={.spec.pauseAfter}/{.metadata.generation}'),
    row('apply view-last-applied ar one'),
    row(
      'apply -f -',
      all(interpreter('two', {}, labelled), trigger('three', {}, { annotations: { note: 'kept' } })),
    ),
    ready('ci/two'),
    ready('actrigger/three'),
    row(
      'apply -f - --validate=strict',
      all(interpreter('two', {}, labelled), trigger('three', {}, { annotations: { note: 'kept' } })),
    ),
  ],
  looking: [
    row('get ar,ci,actrigger'),
    row('get agentcube -o name'),
    row('get ci two -o wide'),
    row('get actrigger -o wide'),
    row('get actrigger three -o yaml'),
    row('get ci two -o yaml --show-managed-fields'),
    row('get ar/one ci/two'),
    row('get ar one nobody'),
    row('get ar --show-labels'),
    row('get ar -L tier,app'),
    row('get ar --no-headers'),
    row('get ar -o custom-columns=NAME:.metadata.name,IMAGE:.spec.podTemplate.spec.containers[0].image'),
    row("get ar -o go-template='{{range .items}}{{.metadata.name}} {{.kind}}{{end}}'"),
    row('get ar one -o jsonpath={.nothing}'),
    row('get ar -o jsonpath={.items[*].metadata.name}'),
    row('get ar --show-kind'),
    row('get ar.v1alpha1.runtime.agentcube.volcano.sh'),
    row('get codeinterpreter.runtime.agentcube.volcano.sh/two -o name'),
    row('get ar one --subresource=status'),
    row('describe ar one'),
    row('describe ci/two actrigger/three'),
    row('get agentcube --sort-by=.metadata.name -o name'),
    row('get ar -l tier=gold -o name'),
    row('get ar -l tier!=gold -o name'),
    row("get ar -l 'tier in (gold,silver),app' -o name"),
    row("get ar -l '!tier' -o name"),
    row("get ar -l 'tier in gold' -o name"),
    row('get ar --field-selector metadata.name=one -o name'),
    row('get ar --field-selector metadata.name!=one -o name'),
    row('get ar --field-selector spec.pauseAfter=10s -o name'),
    row('get ar one -l tier=gold'),
    row('get ar --chunk-size=1 -o name'),
    row('get -f -', agent('one')),
  ],
  patches: [
    patch('ar one', 'merge', { spec: { pauseAfter: '20s' } }),
    patch('ar one', 'merge', { spec: { pauseAfter: '20s' } }),
    patch('ar one', 'merge', { spec: { pauseAfter: null } }, '-o', 'jsonpath={.spec}'),
    patch('ar one', 'json', [{ op: 'add', path: '/spec/pauseAfter', value: '5s' }], '-o', 'name'),
    patch('ar one', 'json', [{ op: 'test', path: '/spec/pauseAfter', value: '6s' }]),
    patch('ar one', 'json', [{ op: 'remove', path: '/spec/nothing' }]),
    patch('ar one', 'json', [{ op: 'replace', path: '/spec/pauseAfter', value: 'soon' }]),
    patch('ar one', 'strategic', { spec: { pauseAfter: '1s' } }),
    patch('ar one', 'merge', { spec: { pauseAfter: 5 } }),
    patch('ar one', 'merge', { spec: { wrong: 5 } }),
    patch('ar one', 'merge', { spec: { wrong: 5 } }, '--dry-run=server'),
    patch('ar one', 'merge', { metadata: { name: 'other' } }),
    patch('ar one', 'merge', { metadata: { resourceVersion: '1' } }),
    patch('ar one', 'merge', { metadata: { uid: 'other' } }),
    patch('ar one', 'merge', { spec: null }),
    patch(
      'ar one',
      'merge',
      { spec: { pauseAfter: '7s' } },
      '--dry-run=server',
      '-o',
      'jsonpath={.spec.pauseAfter}',
    ),
    row('get ar one -o jsonpath={.spec.pauseAfter}'),
    row('label ar one colour=blue'),
    row('label ar one colour=blue'),
    row('label ar one colour=green'),
    row('label ar one colour=green --overwrite'),
    row('label ar one colour-'),
    row("label ar one 'colour=not good'"),
    row('label ar,ci --all all=yes'),
    row('label ar -l tier=gold all-'),
    row('annotate ar one example.com/why=because'),
    row('annotate ar one example.com/why-'),
    row("annotate ar one 'example.com/not good=x'"),
    row('edit ar one', undefined, editor('s/pauseAfter:.*/pauseAfter:\\ 9s/')),
    row('edit ar one', undefined, editor('s/nothing-of-it/x/')),
    row('edit ar one', undefined, editor('s/pauseAfter:.*/pauseAfter:\\ soon/')),
    row('get ar one -o jsonpath={.spec.pauseAfter}'),
    row('scale ar one --replicas=3'),
    patch('ar one', 'merge', { status: { ready: false } }, '-o', 'jsonpath={.status.ready}'),
  ],
  'apply on the server': [
    row('apply --server-side -f -', agent('four')),
    row('apply --server-side -f -', agent('four')),
    row(
      'get ar four -o jsonpath={.metadata.managedFields[0].manager}/{.metadata.managedFields[0].operation}',
    ),
    row('apply --server-side --field-manager=other -f -', agent('four', { pauseAfter: '10s' })),
    row('apply --server-side -f -', agent('four', { pauseAfter: '11s' })),
    row('apply --server-side --force-conflicts -f -', agent('four', { pauseAfter: '11s' })),
    row('get ar four -o jsonpath={.spec.pauseAfter}'),
    row('apply --server-side --dry-run=server -f -', agent('four', { pauseAfter: '12s' })),
    row(
      'apply --server-side --dry-run=server --field-manager=third -f -',
      agent('four', { pauseAfter: '12s' }),
    ),
    row('apply --server-side -f -', agent('four')),
    row('get ar four -o jsonpath={.spec.pauseAfter}'),
    row('apply -f -', agent('four', { pauseAfter: '13s' })),
    row('apply --server-side -f -', agent('one', { pauseAfter: '14s' })),
    row('diff --server-side -f -', agent('four', { pauseAfter: '20s' })),
    row('diff --server-side --force-conflicts -f -', agent('four', { pauseAfter: '20s' })),
    row('wait ar/four --for=jsonpath={.status.observedGeneration}=4 --timeout=10s'),
    // Their order follows from the second in which each wrote.
    row(`get ar four -o jsonpath='{.metadata.managedFields[?(@.manager=="kubectl")]}'`),
    row(`get ar four -o jsonpath='{.metadata.managedFields[?(@.manager=="kubectl-client-side-apply")]}'`),
    row(`get ar four -o jsonpath='{.metadata.managedFields[?(@.subresource=="status")]}'`),
    row('apply --server-side -f -', agent('four', { wrong: 1 })),
    row('apply --server-side -f -', agent('four', { pauseAfter: 12 })),
    row('delete ar four'),
  ],
  'what is wrong': [
    row('apply -f -', agent('bad', { wrong: 1 })),
    row('apply -f - --validate=strict', agent('bad', { wrong: 1, podTemplate: 'x' })),
    row('apply -f - --validate=warn --dry-run=server', agent('bad', { wrong: 1 })),
    row('apply -f - --validate=ignore --dry-run=server', agent('bad', { wrong: 1 })),
    row('create -f - --validate=false --dry-run=server', agent('bad', { wrong: 1 })),
    row('apply -f - --validate=false', agent('bad', { targetPort: 'none' })),
    row('apply -f -', agent('bad', { targetPort: [{ pathPrefix: '/', port: 'x' }] })),
    row('apply -f -', agent('bad', { targetPort: [{ pathPrefix: '/', port: 70_000 }] })),
    row('apply -f -', agent('bad', { targetPort: [{ pathPrefix: '/', port: 8080, protocol: 'SMTP' }] })),
    row('apply -f -', agent('bad', { sessionTimeout: 'soon' })),
    row('apply -f -', agent('bad', { warmPoolSize: -1, pauseAfter: 'x' })),
    row('apply -f -', agent('Not_Good')),
    row('apply -f -', agent('bad', {}, { labels: { 'not good': 'x' } })),
    row('apply -f -', agent('bad', {}, { namespace: 'default' })),
    row('apply -f -', agent('bad').replace(/spec:[^]*/, '')),
    row('apply -f -', agent('bad').replace('name: bad', 'generateName: bad-')),
    row('create -f -', agent('bad').replace('name: bad', 'labels: {}')),
    row('apply -f -', agent('bad').replace('kind: AgentRuntime', 'kind: Nothing')),
    row('apply -f -', agent('bad').replace('v1alpha1', 'v9')),
    row('apply -f -', 'not: [yaml'),
    row('apply -f -', trigger('bad', { target: { kind: 'Nothing', name: 'x' } })),
    row('apply -f -', trigger('bad', { delivery: { retry: -1, backoffPolicy: 'random' } })),
    row('apply -f -', trigger('bad', { target: undefined })),
    row('apply -f -', interpreter('bad', { template: {} })),
    row('create -f -', agent('one')),
    row('replace -f -', agent('nobody')),
    row('replace -f -', agent('one', {}, { resourceVersion: '1' })),
    row('replace -f -', agent('one', {}, labelled)),
    row('get ar one --output=nonsense'),
    row('get actrigger,nonsense'),
    row('delete ar'),
  ],
  'waiting and going': [
    row('create -f - --save-config', interpreter('five')),
    ready('ci/five'),
    row('wait ci/five --for=jsonpath={.status.ready}=true --timeout=10s'),
    row('wait ci/five --for=condition=Nothing --timeout=1s'),
    row('wait ci --all --for=condition=Ready --timeout=10s'),
    row('delete ci five --dry-run=server'),
    row('delete ci five --dry-run=client'),
    row('delete -f - --wait=true', interpreter('five')),
    row('delete -f -', interpreter('five')),
    row('get ci five'),
    row('create -f - -o name', interpreter('six')),
    row('replace --force -f -', interpreter('six')),
    row('delete ci six --cascade=orphan -o name'),
    row('delete ci six --grace-period=0 --force'),
    row('delete ar,ci -l tier=gold'),
    row('delete agentcube --all'),
    row('get agentcube'),
  ],
};
