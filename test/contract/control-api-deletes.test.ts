// Names, versions and deletes of runtimes, as kubectl and Kubernetes clients see them.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { controlLab, type ControlLab } from '../support/control-lab.ts';
import type { Answer } from '../support/client.ts';
import { agents, group, KubeWriter, type Status, type Stored } from '../support/kube-writes.ts';
import { agent } from '../support/runtimes.ts';

let lab: ControlLab;
const to = new KubeWriter(() => lab.url);
beforeEach(async () => {
  lab = await controlLab();
});
afterEach(() => lab.close());

describe('names and versions', () => {
  test('generateName makes a name that is free', async () => {
    const named = { ...agent(), metadata: { generateName: 'hello-' } };
    const [one, other] = [await to.post(named), await to.post(named)].map((answer) => answer.json<Stored>());
    expect(one?.metadata.name).toMatch(/^hello-[bcdfghjklmnpqrstvwxz2-9]{5}$/);
    expect(other?.metadata.name).not.toBe(one?.metadata.name);
  });

  test('what the server writes is its own', async () => {
    const theirs = { uid: 'mine', generation: 7, creationTimestamp: '2000-01-01T00:00:00Z' };
    const made = (await to.post({ ...agent(), metadata: { name: 'hello', ...theirs } })).json<Stored>();
    expect(made.metadata.generation).toBe(1);
    expect(made.metadata.uid).not.toBe('mine');
    const body = { ...made, metadata: { ...made.metadata, generation: 7 } };
    const put = (await to.ask('PUT', `${agents}/hello`, { body })).json<Stored>();
    expect(put.metadata).toEqual(made.metadata);
  });

  test('a replace says which version it is of', async () => {
    await to.post(agent());
    const answer = await to.ask('PUT', `${agents}/hello`, { body: agent() });
    expect(answer.json<Status>().message).toBe(
      `agentruntimes.${group} "hello" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update`,
    );
  });

  test.each([
    [{ name: 'Bad_Name' }, 'metadata.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain'],
    [
      { name: 'hello', labels: { a: 'not good' } },
      'metadata.labels: Invalid value: "not good": a valid label',
    ],
    [{ name: 'hello', labels: { 'a b': 'x' } }, 'metadata.labels: Invalid value: "a b": name part must'],
    [{}, 'metadata.name: Required value: name or generateName is required'],
  ])('metadata %j is refused', async (metadata, words) => {
    expect((await to.post({ ...agent(), metadata })).json<Status>().message).toContain(words);
  });
});

describe('deleting', () => {
  test('waits for finalizers, and ends with the last of them', async () => {
    await to.post({ ...agent(), metadata: { name: 'hello', finalizers: ['example.com/keep'] } });
    const answer = await to.ask('DELETE', `${agents}/hello`);
    expect(answer.json<Stored>().metadata.deletionTimestamp).toBe('2026-01-01T00:00:00Z');
    const kept = await to.read();
    expect(kept.status).toMatchObject({ ready: false });
    expect(kept.metadata.generation).toBe(2);
    const more = await to.patch('merge-patch+json', {
      metadata: { finalizers: ['example.com/keep', 'a/b'] },
    });
    expect(more.json<Status>().message).toContain('no new finalizers can be added');
    const freed = await to.patch('merge-patch+json', { metadata: { finalizers: null } });
    expect(freed.status).toBe(200);
    expect((await to.ask('GET', `${agents}/hello`)).status).toBe(404);
    expect((await to.post(agent())).status).toBe(201);
  });

  test('of another object than was meant, or another state of it, is refused', async () => {
    const { metadata } = (await to.post(agent())).json<Stored>();
    const remove = (preconditions: object): Promise<Answer> =>
      to.ask('DELETE', `${agents}/hello`, {
        body: { kind: 'DeleteOptions', apiVersion: 'v1', preconditions },
      });
    expect((await remove({ uid: 'other' })).json<Status>().message).toBe(
      `Operation cannot be fulfilled on AgentRuntime.${group} "hello": the UID in the precondition (other) does not match ` +
        `the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    );
    expect((await remove({ resourceVersion: '1' })).status).toBe(409);
    expect((await remove({ uid: metadata.uid, resourceVersion: metadata.resourceVersion })).status).toBe(200);
  });

  test('many goes by selectors', async () => {
    for (const [name, tier] of Object.entries({ a: 'gold', b: 'gold', c: 'lead' }))
      await to.post({ ...agent(name), metadata: { name, labels: { tier } } });
    const answer = await to.ask('DELETE', `${agents}?labelSelector=tier%3Dgold`);
    const { items } = answer.json<{ items: Stored[] }>();
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
    const left = (await to.ask('GET', agents)).json<{ items: Stored[] }>().items;
    expect(left.map(({ metadata }) => metadata.name)).toEqual(['c']);
  });

  test.each([
    [{ propagationPolicy: 'Sideways' }, 422],
    [{ propagationPolicy: 'Foreground' }, 200],
    [{ propagationPolicy: 'Orphan', orphanDependents: true }, 422],
    [{ kind: 'Pod' }, 400],
    [{ gracePeriodSeconds: 0 }, 200],
  ])('with %j is answered %d', async (body, status) => {
    await to.post(agent());
    expect((await to.ask('DELETE', `${agents}/hello`, { body })).status).toBe(status);
  });
});
