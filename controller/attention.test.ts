// What is heard late is held against what is so now.
import { expect, test } from '@jest/globals';
import { controllerLab } from '../test/support/controller-lab.ts';
import { LeadingLab } from '../test/support/leading-lab.ts';
import { settle } from '../test/support/manual-clock.ts';
import { agent } from '../test/support/runtimes.ts';

test('S5: the end of a sandbox that was started again meanwhile, in the same generation, loses nothing', async () => {
  const lab = new LeadingLab();
  const { lead } = await lab.lead();
  await lead.registry.apply(agent('hello'));
  await lab.clock.advance(1_000);
  [lab.away, lab.awayFor] = ['before', 'save'];
  const { session } = await lab.open();
  await lab.clock.advance(400);
  const [sandboxId = ''] = [...lab.driver.sandboxes.keys()];
  // Its start is done again before its end can be told.
  lab.awayFor = 'bySandbox';
  lab.driver.crash(sandboxId, 'exit code 1');
  await lab.clock.advance(300);
  lab.away = undefined;
  await lab.clock.advance(2_000);
  expect((await lab.session(session.id)).state).toMatchObject({
    kind: 'running',
    sandbox: { id: sandboxId },
  });
  expect(lab.driver.sandboxes.get(sandboxId)?.state).toBe('running');
});

test('S4: a sandbox that somebody deleted ends its session, which says why', async () => {
  const lab = await controllerLab();
  const { session } = await lab.open();
  const [sandboxId = ''] = [...lab.driver.sandboxes.keys()];
  lab.driver.remove(sandboxId, 'its Sandbox was deleted');
  await settle();
  expect((await lab.session(session.id)).state).toEqual({
    kind: 'ended',
    reason: { kind: 'failed', why: 'its Sandbox was deleted' },
  });
});
