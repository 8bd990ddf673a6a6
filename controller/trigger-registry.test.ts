import { beforeEach, describe, expect, test } from '@jest/globals';
import { memoryResourceStore } from '../adapters/memory/resources.ts';
import type { TriggerKey } from '../model/deployed-trigger.ts';
import { failure, hello, registryLab } from '../test/support/registry-lab.ts';
import { agent } from '../test/support/runtimes.ts';
import { triggerObject, validTrigger } from '../test/support/triggers.ts';
import type { ResourceStore } from './resource-store.ts';
import { TriggerRegistry } from './trigger-registry.ts';

const key: TriggerKey = { namespace: 'default', name: 'on-issue' };
const filter = { attributes: { type: 'issue' } };

function open(store: ResourceStore = memoryResourceStore()) {
  const runtimes = registryLab(store);
  let next = 0;
  const triggers = new TriggerRegistry({
    store,
    deployments: runtimes.registry.deployments,
    clock: runtimes.clock,
    ids: { uuid: () => `trigger-uid-${++next}` },
  });
  let told = 0;
  triggers.onChange(() => (told += 1));
  return { ...runtimes, runtimes: runtimes.registry, triggers, told: () => told };
}

let lab: ReturnType<typeof open>;
beforeEach(() => {
  lab = open();
});

const conditions = () =>
  lab.triggers.get(key)?.status?.conditions?.map(({ type, status, reason }) => `${type} ${status} ${reason}`);

describe('a trigger', () => {
  test('is stored, told, and has uid, generation and version', async () => {
    const { trigger, what } = await lab.triggers.create(validTrigger({ filter }));
    expect(what).toBe('created');
    expect(trigger.metadata).toMatchObject({
      uid: 'trigger-uid-1',
      generation: 1,
      resourceVersion: expect.any(String),
    });
    expect(lab.triggers.all()).toMatchObject([
      { key, revision: 'trigger-uid-1.1', attributes: { type: 'issue' } },
    ]);
    expect(lab.told()).toBe(1);
  });

  test('that changes has another generation and revision; one that does not tells nobody', async () => {
    await lab.triggers.apply(validTrigger({ filter }));
    expect((await lab.triggers.apply(validTrigger({ filter }))).what).toBe('unchanged');
    expect(lab.told()).toBe(1);
    const { what } = await lab.triggers.apply(validTrigger({ filter, delivery: { retry: 1 } }));
    expect(what).toBe('configured');
    expect(lab.triggers.all()).toMatchObject([{ revision: 'trigger-uid-1.2', delivery: { retry: 1 } }]);
  });

  test('that is deleted is told no more', async () => {
    await lab.triggers.create(validTrigger());
    await lab.triggers.remove(key);
    expect(lab.triggers.all()).toEqual([]);
    expect(lab.told()).toBe(2);
    expect(await failure(lab.triggers.remove(key))).toMatchObject({ code: 'TRIGGER_NOT_FOUND' });
  });

  test('says in its status whether its target is there, whichever comes first', async () => {
    const { warnings } = await lab.triggers.create(validTrigger({ filter }));
    expect(warnings).toEqual(['spec.target: AgentRuntime/default/hello is not deployed']);
    expect(conditions()).toContain('Ready False NoSuchTarget');
    await lab.runtimes.create(agent());
    expect(conditions()).toContain('Ready True TargetDeployed');
    await lab.runtimes.remove(hello);
    expect(conditions()).toContain('Ready False NoSuchTarget');
  });
});

describe('a write is refused', () => {
  test('of a name that is taken', async () => {
    await lab.triggers.create(validTrigger());
    expect(await failure(lab.triggers.create(validTrigger()))).toMatchObject({
      code: 'TRIGGER_EXISTS',
      message: 'triggers.eventing.agentcube.volcano.sh "on-issue" already exists',
    });
  });

  test('over a state that is not there any more, or over another object', async () => {
    await lab.triggers.create(validTrigger());
    await lab.triggers.replace(validTrigger({ filter }));
    for (const metadata of [{ resourceVersion: '1' }, { uid: 'another' }])
      expect(await failure(lab.triggers.replace(validTrigger({}, metadata)))).toMatchObject({
        code: 'CONFLICT',
      });
  });

  test('of one that is not there', async () => {
    expect(await failure(lab.triggers.replace(validTrigger({}, { name: 'none' })))).toMatchObject({
      code: 'TRIGGER_NOT_FOUND',
    });
  });
});

describe('after a restart', () => {
  test('triggers and runtimes of one store are found again, each by its own', async () => {
    await lab.triggers.create(validTrigger({ filter }));
    await lab.runtimes.create(agent());
    const told = lab.triggers.all();
    lab = open(lab.store);
    expect(await lab.runtimes.load()).toEqual([]);
    expect(await lab.triggers.load()).toEqual([]);
    expect(lab.triggers.all()).toEqual(told);
    expect(conditions()).toContain('Ready True TargetDeployed');
    expect(lab.triggers.list({}).items).toHaveLength(1);
    expect(lab.triggers.list({ namespace: 'other' }).items).toHaveLength(0);
  });

  test('one that is no longer valid is kept, says why, and takes no events', async () => {
    const row = { kind: 'Trigger', namespace: 'default', name: 'on-issue' };
    await lab.store.put({ ...row, json: JSON.stringify(triggerObject({ gone: 1 })) }, 'absent');
    await lab.store.put({ ...row, name: 'odd', json: 'no json' }, 'absent');
    expect(await lab.triggers.load()).toHaveLength(2);
    expect(lab.triggers.all()).toEqual([]);
    expect(conditions()).toContain('Accepted False Invalid');
  });
});
