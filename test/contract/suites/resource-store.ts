// What every store of deployed objects promises: compare-and-set by resourceVersion, and one counter for all.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ResourceChanged, ResourceRow, ResourceStore } from '../../../controller/resource-store.ts';

export interface OpenResources {
  readonly store: ResourceStore;
  readonly close: () => Promise<void>;
}

const row = (name: string, json = '{}', kind = 'AgentRuntime', namespace = 'default'): ResourceRow => ({
  kind,
  namespace,
  name,
  json,
});

/** Registers the tests for one adapter; `open` gives an empty store. */
export function resourcesContract(open: () => Promise<OpenResources>): void {
  let opened: OpenResources;
  let store: ResourceStore;
  beforeEach(async () => {
    opened = await open();
    ({ store } = opened);
  });
  afterEach(() => opened.close());

  const changed = (answer: ResourceChanged | string): number => {
    if (typeof answer === 'string') throw new Error(`refused: ${answer}`);
    return answer.resourceVersion;
  };
  const putAny = async (object: ResourceRow) => changed(await store.put(object, 'any'));
  const all = async () => (await store.all()).resources;

  describe('putting', () => {
    test('an object comes back as the text that it was', async () => {
      const json = '{ "a" : [1,\n 2], "ö": "\\u0000" }';
      const resourceVersion = changed(await store.put(row('hello', json), 'absent'));
      expect(await all()).toEqual([{ ...row('hello', json), resourceVersion }]);
    });

    test('absent over what exists is refused', async () => {
      const resourceVersion = await putAny(row('hello', '1'));
      expect(await store.put(row('hello', '2'), 'absent')).toBe('exists');
      expect(await store.all()).toEqual({
        resourceVersion,
        resources: [{ ...row('hello', '1'), resourceVersion }],
      });
    });

    test('a version over what has it is stored', async () => {
      const first = await putAny(row('hello', '1'));
      const second = changed(await store.put(row('hello', '2'), first));
      expect(second).toBeGreaterThan(first);
      expect(await all()).toEqual([{ ...row('hello', '2'), resourceVersion: second }]);
    });

    test('a version over what has another conflicts', async () => {
      const first = await putAny(row('hello', '1'));
      const second = await putAny(row('hello', '2'));
      expect(await store.put(row('hello', '3'), first)).toBe('conflict');
      expect(await all()).toEqual([{ ...row('hello', '2'), resourceVersion: second }]);
    });

    test('a version over nothing is missing, and nothing is made', async () => {
      expect(await store.put(row('hello'), 1)).toBe('missing');
      expect(await store.all()).toEqual({ resourceVersion: 0, resources: [] });
    });

    test('any makes it or replaces it', async () => {
      await putAny(row('hello', '1'));
      await putAny(row('hello', '2'));
      expect((await all()).map(({ json }) => json)).toEqual(['2']);
    });

    test('of many over one version at once, one is stored', async () => {
      const first = await putAny(row('hello', 'first'));
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => store.put(row('hello', String(n)), first)),
      );
      expect(answers.filter((answer) => answer !== 'conflict')).toHaveLength(1);
    });

    test('kind and namespace tell objects of one name apart', async () => {
      for (const object of [
        row('x'),
        row('x', '{}', 'CodeInterpreter'),
        row('x', '{}', 'AgentRuntime', 'team'),
      ]) {
        changed(await store.put(object, 'absent'));
      }
      expect(await all()).toHaveLength(3);
    });
  });

  describe('removing', () => {
    const key = { kind: 'AgentRuntime', namespace: 'default', name: 'hello' };

    test('takes the object away, and is a change', async () => {
      const put = await putAny(row('hello'));
      const removed = changed(await store.remove(key));
      expect(removed).toBeGreaterThan(put);
      expect(await store.all()).toEqual({ resourceVersion: removed, resources: [] });
    });

    test('only the version expected', async () => {
      const first = await putAny(row('hello'));
      const second = await putAny(row('hello'));
      expect(await store.remove(key, first)).toBe('conflict');
      expect(await all()).toHaveLength(1);
      expect(changed(await store.remove(key, second))).toBeGreaterThan(second);
    });

    test('what is not there is missing', async () => {
      expect(await store.remove(key)).toBe('missing');
      expect(await store.remove(key, 1)).toBe('missing');
    });
  });

  describe('the counter', () => {
    test('grows by one with each change of any object, and with nothing else', async () => {
      const versions = [await putAny(row('a')), await putAny(row('b')), await putAny(row('a'))];
      await store.put(row('a'), 'absent');
      await store.put(row('gone'), 7);
      versions.push(changed(await store.remove(row('b'))));
      versions.push(await putAny(row('b')));
      expect(versions).toEqual([1, 2, 3, 4, 5]);
      expect((await store.all()).resourceVersion).toBe(5);
    });

    test('gives each of many changes at once its own', async () => {
      const versions = await Promise.all(Array.from({ length: 20 }, (_, n) => putAny(row(`r${n}`))));
      expect(new Set(versions).size).toBe(20);
    });
  });

  test('everything is told in order of kind, namespace and name', async () => {
    const unordered = [row('b'), row('a'), row('c', '{}', 'AgentRuntime', 'also'), row('a', '{}', 'A')];
    for (const object of unordered) await putAny(object);
    expect((await all()).map(({ kind, namespace, name }) => `${kind}/${namespace}/${name}`)).toEqual([
      'A/default/a',
      'AgentRuntime/also/c',
      'AgentRuntime/default/a',
      'AgentRuntime/default/b',
    ]);
  });
}
