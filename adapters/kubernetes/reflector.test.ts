import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { scriptedApiServer, type ScriptedApiServer } from '../../test/support/scripted-api-server.ts';
import { realClock } from '../../test/support/real-clock.ts';
import { until } from '../../test/support/until.ts';
import { connectKubernetes } from './client.ts';
import { createReflector, type Reflector, type ReflectorOptions } from './reflector.ts';

interface Thing {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
  };
}

const thing = (name: string, version: number, uid = `uid-${name}`): Thing => ({
  metadata: { name, namespace: 'n', uid, resourceVersion: String(version) },
});
const path = '/api/v1/things';
const listOf = (version: number, ...items: Thing[]) => ({
  body: { kind: 'ThingList', apiVersion: 'v1', metadata: { resourceVersion: String(version) }, items },
});
const goneStatus = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };

let server: ScriptedApiServer;
let reflector: Reflector<Thing>;
let told: string[];
let logged: string[];

function reflect(options: Partial<ReflectorOptions> = {}): Reflector<Thing> {
  const cluster = connectKubernetes({ server: server.url });
  reflector = createReflector<Thing>({
    ...{ cluster, path, clock: realClock, log: (message) => void logged.push(message) },
    ...options,
  });
  reflector.onChange(
    (kind, { metadata }) => void told.push(`${kind} ${metadata.name}@${metadata.resourceVersion}`),
  );
  return reflector;
}

const lists = () => server.requests.filter(({ query }) => !query.has('watch'));

beforeEach(async () => {
  [told, logged] = [[], []];
  server = await scriptedApiServer(() => listOf(10, thing('a', 3), thing('b', 7)));
});
afterEach(async () => {
  reflector.stop();
  await server.close();
});

describe('what it knows', () => {
  test('is the list, and what the watch tells from where the list ended', async () => {
    await reflect().start();
    expect(reflector.get('n', 'a')).toEqual({ apiVersion: 'v1', kind: 'Thing', ...thing('a', 3) });
    const watch = await server.nextWatch();
    expect(watch.query.get('resourceVersion')).toBe('10');
    expect(watch.query.get('allowWatchBookmarks')).toBe('true');
    watch.send('MODIFIED', thing('a', 11));
    watch.send('DELETED', thing('b', 12));
    watch.send('ADDED', thing('c', 13));
    await until(() => told.length === 5);
    expect(told).toEqual(['added a@3', 'added b@7', 'changed a@11', 'deleted b@12', 'added c@13']);
    expect(reflector.list().map(({ metadata }) => metadata.name)).toEqual(['a', 'c']);
    expect(reflector.get('n', 'b')).toBeUndefined();
    expect(reflector.live()).toBe(true);
  });

  test('comes in pages', async () => {
    server.answer = ({ query }) =>
      query.has('continue')
        ? listOf(10, thing('b', 7))
        : { body: { metadata: { resourceVersion: '10', continue: 'more' }, items: [thing('a', 3)] } };
    await reflect().start();
    expect(told).toEqual(['added a@3', 'added b@7']);
  });

  test('is selected by the server', async () => {
    await reflect({ labelSelector: 'x=y', fieldSelector: 'spec.nodeName=me' }).start();
    const { query } = await server.nextWatch();
    for (const asked of [query, lists()[0]?.query])
      expect([asked?.get('labelSelector'), asked?.get('fieldSelector')]).toEqual(['x=y', 'spec.nodeName=me']);
  });

  test('an object made anew under its name is told as another one', async () => {
    await reflect().start();
    (await server.nextWatch()).send('MODIFIED', thing('a', 11, 'another'));
    await until(() => told.length === 4);
    expect(told.slice(2)).toEqual(['deleted a@3', 'added a@11']);
  });
});

describe('when the watch ends', () => {
  test('in the ordinary way, it goes on from the last version that was told, bookmarks included', async () => {
    await reflect().start();
    const first = await server.nextWatch();
    first.send('MODIFIED', thing('a', 11));
    first.send('BOOKMARK', { metadata: { resourceVersion: '20' } });
    first.end();
    expect((await server.nextWatch()).query.get('resourceVersion')).toBe('20');
    expect(lists()).toHaveLength(1);
    expect(told.at(-1)).toBe('changed a@11');
    expect(logged).toEqual([]);
  });

  test('by a broken connection, the same', async () => {
    await reflect().start();
    const first = await server.nextWatch();
    first.send('MODIFIED', thing('a', 11));
    await until(() => told.length === 3);
    first.cut();
    expect((await server.nextWatch()).query.get('resourceVersion')).toBe('11');
    expect(lists()).toHaveLength(1);
    expect(logged[0]).toBe('watch broken');
  });

  test('by silence, the same', async () => {
    await reflect({ silentMs: 20 }).start();
    await server.nextWatch();
    expect((await server.nextWatch()).query.get('resourceVersion')).toBe('10');
    expect(logged).toEqual([]);
  });

  test('because the server forgot that place, it lists again and tells the differences', async () => {
    await reflect().start();
    server.answer = () => listOf(50, thing('a', 3), thing('c', 40));
    (await server.nextWatch()).send('ERROR', goneStatus);
    expect((await server.nextWatch()).query.get('resourceVersion')).toBe('50');
    expect(told.slice(2)).toEqual(['deleted b@7', 'added c@40']);
  });

  test('the server says so when asked to go on: the same', async () => {
    await reflect().start();
    const first = await server.nextWatch();
    server.answer = () => listOf(50);
    server.refuseWatches = { status: 410, body: goneStatus };
    first.end();
    await until(() => told.length === 4);
    server.refuseWatches = undefined;
    expect((await server.nextWatch()).query.get('resourceVersion')).toBe('50');
    expect(told.slice(2)).toEqual(['deleted a@3', 'deleted b@7']);
  });

  test('it lists again now and then, and tells nothing when nothing differs', async () => {
    await reflect({ resyncMs: 20 }).start();
    await until(() => lists().length === 3);
    expect(told).toEqual(['added a@3', 'added b@7']);
    expect(logged).toEqual([]);
  });
});

describe('starting', () => {
  test('waits for a server that fails', async () => {
    server.answer = () => ({ status: 503, body: 'down' });
    const started = reflect().start();
    await until(() => lists().length === 2);
    server.answer = () => listOf(10, thing('a', 3));
    await started;
    expect(told).toEqual(['added a@3']);
  });

  test('is refused for a resource that does not exist', async () => {
    server.answer = () => ({ status: 404, body: 'no such page' });
    await expect(reflect().start()).rejects.toMatchObject({ status: 404 });
  });

  test('ends when it is stopped', async () => {
    server.answer = () => ({ status: 503 });
    const started = reflect().start();
    reflector.stop();
    await expect(started).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });
});

test('a listener that fails keeps nobody else from hearing', async () => {
  reflect();
  reflector.onChange(() => {
    throw new Error('mine');
  });
  const heard: string[] = [];
  reflector.onChange((kind) => void heard.push(kind));
  await reflector.start();
  expect(heard).toEqual(['added', 'added']);
  expect(logged).toContain('a listener failed');
});
