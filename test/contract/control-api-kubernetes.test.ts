// The control port as Kubernetes clients see it: tables, pages, watches, discovery, OpenAPI, and what is not there.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { KubeConfig, makeInformer, type KubernetesObject } from '@kubernetes/client-node';
import { controlLab, until, type ControlLab } from '../support/control-lab.ts';
import { agent, interpreter } from '../support/runtimes.ts';

let lab: ControlLab;
beforeEach(async () => {
  lab = await controlLab();
});
afterEach(() => lab.close());

const group = '/apis/runtime.agentcube.volcano.sh/v1alpha1';
const interpreters = `${group}/namespaces/default/codeinterpreters`;
const accepting = (accept: string) => ({ headers: { accept } });
const asTable = accepting('application/json;as=Table;v=v1;g=meta.k8s.io,application/json');
const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

interface Table {
  readonly kind: string;
  readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[] | null;
  readonly rows: readonly {
    readonly cells: readonly unknown[];
    readonly object?: { readonly kind: string };
  }[];
}

interface List {
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue: string;
    readonly remainingItemCount?: number;
  };
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

interface Told {
  readonly type: string;
  readonly object: {
    readonly kind: string;
    readonly code?: number;
    readonly metadata: { readonly name?: string; readonly resourceVersion: string };
  };
}

const create = (name: string, labels: Readonly<Record<string, string>> = {}) =>
  lab.ask('POST', interpreters, { body: { ...interpreter(name), metadata: { name, labels } } });
const names = ({ items }: List): string[] => items.map(({ metadata }) => metadata.name);
const list = async (query: string): Promise<List> =>
  (await lab.ask('GET', interpreters + query)).json<List>();

describe('a table', () => {
  test('has the columns of the definition, and a row with metadata for each', async () => {
    await create('python');
    const { kind, columnDefinitions, rows } = (await lab.ask('GET', interpreters, asTable)).json<Table>();
    expect(kind).toBe('Table');
    const shown = columnDefinitions?.filter(({ priority }) => priority === 0).map(({ name }) => name);
    expect(shown).toEqual(['Name', 'Ready', 'Warm', 'Active', 'Asleep', 'Age']);
    expect(rows[0]?.cells.slice(0, 2)).toEqual(['python', 'True']);
    expect(rows[0]?.object?.kind).toBe('PartialObjectMetadata');
  });

  test('of one is the same', async () => {
    await create('python');
    const { rows } = (await lab.ask('GET', `${interpreters}/python`, asTable)).json<Table>();
    expect(rows.map(({ cells }) => cells[5])).toEqual(['0s']);
  });

  test.each([
    ['None', undefined],
    ['Object', 'CodeInterpreter'],
  ])('carries of its objects what is asked for: %s', async (wanted, kind) => {
    await create('python');
    const { rows } = (await lab.ask('GET', `${interpreters}?includeObject=${wanted}`, asTable)).json<Table>();
    expect(rows[0]?.object?.kind).toBe(kind);
  });
});

describe('other forms', () => {
  test('metadata alone', async () => {
    await create('python');
    const form = accepting('application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io');
    expect((await lab.ask('GET', interpreters, form)).json()).toMatchObject({
      kind: 'PartialObjectMetadataList',
      items: [{ kind: 'PartialObjectMetadata', metadata: { name: 'python' } }],
    });
  });

  test('YAML, for who takes nothing else', async () => {
    await create('python');
    const answer = await lab.ask('GET', `${interpreters}/python`, accepting('application/yaml'));
    expect(answer.headers.get('content-type')).toBe('application/yaml');
    expect(answer.text).toMatch(/^apiVersion: runtime\.agentcube/);
  });

  test('406 for a form that there is not', async () => {
    const answer = await lab.ask('GET', interpreters, accepting('application/xml'));
    expect(answer.json()).toMatchObject({ kind: 'Status', reason: 'NotAcceptable', code: 406 });
  });
});

describe('a list', () => {
  test('goes on where a page ended, and says how many are left', async () => {
    for (const name of ['a', 'b', 'c']) await create(name);
    const first = await list('?limit=2');
    expect([names(first), first.metadata.remainingItemCount]).toEqual([['a', 'b'], 1]);
    const second = await list(`?limit=2&continue=${first.metadata.continue}`);
    expect([names(second), second.metadata.continue]).toEqual([['c'], '']);
  });

  test('is selected by labels and fields', async () => {
    await create('a', { tier: 'gold' });
    await create('b');
    expect(names(await list('?labelSelector=tier%20notin%20(gold)'))).toEqual(['b']);
    expect(names(await list('?fieldSelector=metadata.name%21%3Db'))).toEqual(['a']);
  });

  test.each([
    ['?labelSelector=a%20b', 400, 'BadRequest', 'unable to parse requirement'],
    ['?fieldSelector=spec.image%3Dx', 400, 'BadRequest', 'field label not supported: spec.image'],
    ['?limit=x', 400, 'BadRequest', 'strconv.ParseInt'],
    ['?continue=x', 400, 'BadRequest', 'invalid continue token'],
    ['?resourceVersion=x', 400, 'BadRequest', 'invalid resource version'],
    ['?resourceVersion=9007199254740000', 504, 'Timeout', 'Too large resource version'],
  ])('%s is refused', async (query, status, reason, message) => {
    const answer = await lab.ask('GET', interpreters + query);
    expect([answer.status, answer.json()]).toMatchObject([
      status,
      { kind: 'Status', reason, message: expect.stringContaining(message) },
    ]);
  });
});

/** What a watch tells, as it comes; it ends with the test's server. */
async function watch(query: string, headers: Readonly<Record<string, string>> = {}) {
  const answer = await fetch(`${lab.url}${interpreters}?watch=1${query}`, { headers });
  const told: Told[] = [];
  const reading = (async () => {
    let rest = '';
    for await (const piece of answer.body ?? []) {
      const lines = (rest + Buffer.from(piece).toString()).split('\n');
      rest = lines.pop() ?? '';
      told.push(...lines.map((line) => JSON.parse(line) as Told));
    }
  })().catch(() => undefined);
  return { told, ended: reading };
}

const lines = (told: readonly Told[]) =>
  told.map(({ type, object }) => `${type} ${object.metadata.name ?? ''}`);

describe('a watch', () => {
  test('begins with what is there, and tells a life', async () => {
    await create('a');
    const { told } = await watch('');
    await until(() => told.length === 1);
    await lab.ask('PATCH', `${interpreters}/a`, {
      body: { metadata: { labels: { tier: 'gold' } } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    await lab.ask('DELETE', `${interpreters}/a`);
    await until(() => told.length === 3);
    expect(lines(told)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
    const versions = told.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(versions).toEqual([...new Set(versions)].sort((one, other) => one - other));
  });

  test('goes on from the version of a list', async () => {
    await create('a');
    const { metadata } = await list('');
    await create('b');
    const { told } = await watch(`&resourceVersion=${metadata.resourceVersion}`);
    await until(() => told.length === 1);
    expect(lines(told)).toEqual(['ADDED b']);
  });

  test('of some tells when one comes to be among them, and when it is not any more', async () => {
    await create('a');
    const { metadata } = await list('');
    const { told } = await watch(`&labelSelector=tier%3Dgold&resourceVersion=${metadata.resourceVersion}`);
    const label = (tier: string) =>
      lab.ask('PATCH', `${interpreters}/a`, {
        body: { metadata: { labels: { tier } } },
        headers: { 'content-type': 'application/merge-patch+json' },
      });
    await label('gold');
    await label('iron');
    await until(() => told.length === 2);
    expect(lines(told)).toEqual(['ADDED a', 'DELETED a']);
  });

  test('says when all there are were told, and how far it is', async () => {
    await create('a');
    const query = '&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const { told } = await watch(query);
    await until(() => told.length === 2);
    expect(told[1]).toMatchObject({
      type: 'BOOKMARK',
      object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    });
    await lab.clock.advance(60_000);
    await until(() => told.length === 3);
    expect(told[2]?.type).toBe('BOOKMARK');
  });

  test('that begins too long ago is told so, and ends', async () => {
    const { told, ended } = await watch('&resourceVersion=1');
    await ended;
    expect(told).toMatchObject([{ type: 'ERROR', object: { kind: 'Status', reason: 'Expired', code: 410 } }]);
  });

  test('ends when its time is over', async () => {
    const { ended, told } = await watch('&timeoutSeconds=5');
    await lab.clock.advance(5_000);
    await ended;
    expect(told).toEqual([]);
  });

  test('as a table says only once what the columns are', async () => {
    await create('a');
    await create('b');
    const { told } = await watch('', { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
    await until(() => told.length === 2);
    const tables = told.map(({ object }) => object as unknown as Table);
    expect(tables.map(({ columnDefinitions }) => columnDefinitions?.length)).toEqual([11, undefined]);
  });

  test('is what an informer of Kubernetes’ own library keeps its cache by', async () => {
    await create('a');
    const config = new KubeConfig();
    config.loadFromOptions({
      clusters: [{ name: 'lab', server: lab.url, skipTLSVerify: true }],
      users: [{ name: 'nobody' }],
      contexts: [{ name: 'lab', cluster: 'lab', user: 'nobody' }],
      currentContext: 'lab',
    });
    const all = async () => (await list('')) as unknown as { items: KubernetesObject[] };
    const informer = makeInformer(config, interpreters, all as Parameters<typeof makeInformer>[2]);
    const heard: string[] = [];
    for (const verb of ['add', 'delete'] as const)
      informer.on(verb, ({ metadata }) => heard.push(`${verb} ${metadata?.name}`));
    await informer.start();
    await create('b');
    await until(() => heard.includes('add b'));
    await lab.ask('DELETE', `${interpreters}/a`);
    await until(() => heard.includes('delete a'));
    await informer.stop();
    expect(heard).toEqual(['add a', 'add b', 'delete a']);
  });
});

describe('discovery', () => {
  test('is one document for who asks for it', async () => {
    const answer = await lab.ask('GET', '/apis', accepting(`${aggregated},application/json`));
    expect(answer.headers.get('content-type')).toBe(aggregated);
    const { items } = answer.json<{ items: { metadata: { name: string } }[] }>();
    expect(items.map(({ metadata }) => metadata.name)).toEqual([
      'agentcube.volcano.sh',
      'authorization.k8s.io',
      'eventing.agentcube.volcano.sh',
      'runtime.agentcube.volcano.sh',
    ]);
  });

  test('leads to documents that describe every resource with its kind', async () => {
    const { paths } = (await lab.ask('GET', '/openapi/v3')).json<{
      paths: Record<string, { serverRelativeURL: string }>;
    }>();
    const { serverRelativeURL = '' } = paths['apis/runtime.agentcube.volcano.sh/v1alpha1'] ?? {};
    const { components } = (await lab.ask('GET', serverRelativeURL)).json<{
      components: { schemas: Record<string, object> };
    }>();
    expect(components.schemas['sh.volcano.agentcube.runtime.v1alpha1.CodeInterpreter']).toMatchObject({
      'x-kubernetes-group-version-kind': [
        { group: 'runtime.agentcube.volcano.sh', kind: 'CodeInterpreter', version: 'v1alpha1' },
      ],
    });
  });

  test('is there for older clients too, as they ask for it', async () => {
    const type = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
    const answer = await lab.ask('GET', '/openapi/v2', accepting(type));
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('sh.volcano.agentcube.eventing.v1alpha1.Trigger');
  });
});

describe('what kubectl asks of any server', () => {
  test('namespaces: those in use, and each by its name', async () => {
    await lab.ask('POST', `${group}/namespaces/team/agentruntimes`, { body: inTeam() });
    expect(names((await lab.ask('GET', '/api/v1/namespaces')).json<List>())).toEqual(['default', 'team']);
    expect((await lab.ask('GET', '/api/v1/namespaces/other')).status).toBe(200);
  });

  test('events: none', async () => {
    const answer = await lab.ask(
      'GET',
      '/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3Da',
    );
    expect(answer.json()).toMatchObject({ kind: 'EventList', items: [] });
  });

  test('sessions, which are none yet', async () => {
    const path = '/apis/agentcube.volcano.sh/v1alpha1/namespaces/default/sessions';
    expect((await lab.ask('GET', path)).json()).toMatchObject({ kind: 'SessionList', items: [] });
  });
});

const inTeam = () => {
  const { metadata: _, ...rest } = agent();
  return { ...rest, metadata: { name: 'hello' } };
};

describe('what is not there', () => {
  test.each([
    ['GET', '/apis/nothing.io/v1', 404, '404 page not found\n'],
    ['GET', `${group}/nothings`, 404, '404 page not found\n'],
    ['GET', '/api/v1/pods', 404, 'the server could not find the requested resource'],
    ['PUT', interpreters, 405, 'the server does not allow this method on the requested resource'],
    [
      'PUT',
      `${interpreters}/a/status`,
      405,
      'the server does not allow this method on the requested resource',
    ],
    [
      'GET',
      `${interpreters}/a/scale`,
      404,
      'codeinterpreters.runtime.agentcube.volcano.sh \\"a\\" not found',
    ],
  ])('%s %s: %d', async (method, path, status, words) => {
    const answer = await lab.ask(method, path, method === 'PUT' ? { body: {} } : {});
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(words)]);
  });
});
