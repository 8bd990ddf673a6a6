// Triggers that a cluster keeps: what activators are told of them, and what their status tells whoever looks with kubectl.
import { expect, test } from '@jest/globals';
import { manualClock, settle } from '../test/support/manual-clock.ts';
import { registryLab } from '../test/support/registry-lab.ts';
import { agent } from '../test/support/runtimes.ts';
import { ScriptedTriggers } from '../test/support/scripted-triggers.ts';
import { ClusterTriggers } from './cluster-triggers.ts';

const filter = { attributes: { type: 'issue' } };

async function open(source = new ScriptedTriggers()) {
  const clock = manualClock(Date.UTC(2026, 0, 1));
  const { registry } = registryLab();
  const logged: string[] = [];
  const triggers = new ClusterTriggers({
    ...{ source, clock, deployments: registry.deployments },
    log: (message) => void logged.push(message),
  });
  await triggers.open();
  let changes = 0;
  triggers.onChange(() => (changes += 1));
  const pass = async (ms = 2_000): Promise<void> => {
    await settle();
    await clock.advance(ms);
  };
  const conditions = () =>
    source.told.at(-1)?.conditions?.map(({ type, status, reason }) => `${type} ${status} ${reason}`);
  return { source, clock, registry, triggers, logged, pass, conditions, changes: () => changes };
}

test('what is there at the start is known at once, what comes later is told', async () => {
  const source = new ScriptedTriggers();
  source.put({ filter });
  const lab = await open(source);
  expect(lab.triggers.all()).toMatchObject([{ revision: 'uid-1.1', attributes: { type: 'issue' } }]);
  const key = source.put({ broker: 'b' }, { generation: 2 });
  expect(lab.triggers.all()).toMatchObject([{ revision: 'uid-1.2', broker: 'b' }]);
  source.remove(key);
  expect(lab.triggers.all()).toEqual([]);
  expect(lab.changes()).toBe(2);
});

test('its status says that its target is not deployed, and later that it is', async () => {
  const lab = await open();
  lab.source.put({ filter });
  await lab.pass();
  expect(lab.conditions()).toEqual([
    'Accepted True Valid',
    'LoopFree True Filtered',
    'Ready False NoSuchTarget',
  ]);
  await lab.registry.create(agent());
  await lab.pass();
  expect(lab.conditions()).toContain('Ready True TargetDeployed');
  expect(lab.source.told.at(-1)).toMatchObject({ ready: true, observedGeneration: 1 });
  expect(lab.source.told).toHaveLength(2);
});

test('one that is not valid takes no events and says where it is wrong', async () => {
  const lab = await open();
  lab.source.put({ filters: [{ cesql: "type = 'abc' XND y" }] });
  await lab.pass();
  expect(lab.triggers.all()).toEqual([]);
  const accepted = lab.source.told.at(-1)?.conditions?.find(({ type }) => type === 'Accepted');
  expect(accepted).toMatchObject({ status: 'False', reason: 'Invalid' });
  expect(accepted?.message).toContain('spec.filters[0].cesql: line 1, column 14');
});

test('one that is being deleted takes none any more', async () => {
  const lab = await open();
  lab.source.put({ filter });
  lab.source.put({ filter }, { leaving: true });
  expect(lab.triggers.all()).toEqual([]);
});

test('a status that says what it should is not told again, one that others changed is', async () => {
  const lab = await open();
  lab.source.put({ filter });
  await lab.pass();
  const [told] = lab.source.told;
  lab.source.putStatus({ ...told });
  await lab.pass();
  expect(lab.source.told).toHaveLength(1);
  expect(lab.changes()).toBe(1);
  lab.source.putStatus({ conditions: [], ready: true });
  await lab.pass(20_000);
  expect(lab.source.told).toHaveLength(2);
});

test('where the cluster does not know what a trigger is there is none, until it does', async () => {
  const source = new ScriptedTriggers();
  source.installed = false;
  const lab = await open(source);
  expect(lab.triggers.all()).toEqual([]);
  expect(lab.logged).toEqual(['there are no triggers: the CRD of triggers is not installed']);
  source.installed = true;
  source.put({ filter });
  await lab.pass(20_000);
  expect(lab.triggers.all()).toHaveLength(1);
  lab.triggers.close();
});
