// Triggers as Kubernetes-style resources, as kubectl and Kubernetes clients see them.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { controlLab, type ControlLab } from '../support/control-lab.ts';
import { agent } from '../support/runtimes.ts';
import { triggerObject } from '../support/triggers.ts';

let lab: ControlLab;
beforeEach(async () => {
  lab = await controlLab();
});
afterEach(() => lab.close());

const group = 'eventing.agentcube.volcano.sh';
const triggers = `/apis/${group}/v1alpha1/namespaces/default/triggers`;
const mergePatch = { 'content-type': 'application/merge-patch+json' };
const filter = { attributes: { type: 'issue' } };

interface Status {
  readonly details: { readonly causes?: readonly { readonly field: string; readonly message: string }[] };
}

test('what is created can be read, listed, changed and deleted', async () => {
  const body = stringify(triggerObject({ filter }));
  const created = await lab.ask('POST', triggers, { body, headers: { 'content-type': 'application/yaml' } });
  expect(created.status).toBe(201);
  expect(created.json()).toMatchObject({ kind: 'Trigger', metadata: { generation: 1 }, spec: { filter } });
  const patch = { spec: { delivery: { retry: 2 } } };
  const patched = await lab.ask('PATCH', `${triggers}/on-issue`, { body: patch, headers: mergePatch });
  expect(patched.json()).toMatchObject({ metadata: { generation: 2 }, spec: { filter, ...patch.spec } });
  const list = await lab.ask('GET', `/apis/${group}/v1alpha1/triggers`);
  expect(list.json()).toMatchObject({ kind: 'TriggerList', items: [{ metadata: { name: 'on-issue' } }] });
  const { metadata } = patched.json<{ metadata: object }>();
  const body2 = { ...triggerObject({ broker: 'b' }), metadata };
  const replaced = await lab.ask('PUT', `${triggers}/on-issue`, { body: body2 });
  expect(replaced.json()).toMatchObject({ metadata: { generation: 3 }, spec: { broker: 'b' } });
  const deleted = await lab.ask('DELETE', `${triggers}/on-issue`);
  expect(deleted.json()).toMatchObject({ status: 'Success', details: { group, kind: 'triggers' } });
  expect((await lab.ask('GET', `${triggers}/on-issue`)).status).toBe(404);
});

test('its status says that the target is not deployed, and later that it is', async () => {
  const created = await lab.ask('POST', triggers, { body: triggerObject({ filter }) });
  expect(created.headers.get('warning')).toBe(
    '299 - "spec.target: AgentRuntime/default/hello is not deployed"',
  );
  const ready = async () =>
    (await lab.ask('GET', `${triggers}/on-issue`)).json<{ status: { ready: boolean } }>().status.ready;
  expect(await ready()).toBe(false);
  const agents = '/apis/runtime.agentcube.volcano.sh/v1alpha1/namespaces/default/agentruntimes';
  expect((await lab.ask('POST', agents, { body: agent() })).status).toBe(201);
  expect(await ready()).toBe(true);
});

describe('what is wrong is told with its place', () => {
  test.each([
    [{ filters: [{ cesql: "type = 'abc' XND y" }] }, 'spec.filters[0].cesql', 'column 14'],
    [{ schedule: { cron: '0 0 31 2 *', event: { type: 'x' } } }, 'spec.schedule.cron', 'never fires'],
    [{ delivery: { concurrency: 0 } }, 'spec.delivery.concurrency', 'should be greater than or equal to 1'],
    [{ target: { kind: 'Service', name: 'x' } }, 'spec.target.kind', 'Service'],
    [{ session: { key: '{Subject}' } }, 'spec.session.key', 'names no attribute'],
  ])('%j', async (spec, field, message) => {
    const answer = await lab.ask('POST', triggers, { body: triggerObject(spec) });
    expect(answer.status).toBe(422);
    expect(answer.json()).toMatchObject({
      reason: 'Invalid',
      details: { group, kind: 'Trigger', name: 'on-issue' },
    });
    const { details } = answer.json<Status>();
    expect(details.causes).toEqual([
      expect.objectContaining({ field, message: expect.stringContaining(message) }),
    ]);
  });

  test('of a body that is about something else', async () => {
    const other = await lab.ask('POST', triggers, { body: { ...triggerObject(), kind: 'AgentRuntime' } });
    expect([other.status, other.json<{ message: string }>().message]).toEqual([
      400,
      'the kind in the data (AgentRuntime) is not Trigger',
    ]);
  });

  test('of one that is there, or is not', async () => {
    await lab.ask('POST', triggers, { body: triggerObject() });
    const again = await lab.ask('POST', triggers, { body: triggerObject() });
    expect(again.json()).toMatchObject({ code: 409, reason: 'AlreadyExists' });
    const none = await lab.ask('DELETE', `${triggers}/none`);
    expect(none.json()).toMatchObject({
      code: 404,
      message: `triggers.${group} "none" not found`,
      details: { group, kind: 'triggers', name: 'none' },
    });
  });
});

test('discovery names the group of triggers and what is in it', async () => {
  const names = (await lab.ask('GET', '/apis')).json<{ groups: { name: string }[] }>().groups;
  expect(names.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['runtime.agentcube.volcano.sh', group]),
  );
  expect((await lab.ask('GET', `/apis/${group}/v1alpha1`)).json()).toMatchObject({
    groupVersion: `${group}/v1alpha1`,
    resources: [
      { name: 'triggers', singularName: 'trigger', namespaced: true, kind: 'Trigger' },
      { name: 'triggers/status' },
    ],
  });
  expect((await lab.ask('GET', `/apis/${group}`)).json()).toMatchObject({
    preferredVersion: { groupVersion: `${group}/v1alpha1`, version: 'v1alpha1' },
  });
});
