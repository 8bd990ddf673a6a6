// What a new leader does while others go on: what is claimed as it looks is no orphan.
import { expect, test } from '@jest/globals';
import { LeadingLab } from '../test/support/leading-lab.ts';
import { agent } from '../test/support/runtimes.ts';

test('S4: a dead warm sandbox that is claimed while a leader begins is its session’s, and starts again', async () => {
  const lab = new LeadingLab();
  const first = await lab.lead();
  await first.lead.registry.apply(agent('hello', { warmPoolSize: 1 }));
  await lab.clock.advance(1_000);
  const [sandboxId = ''] = [...lab.driver.sandboxes.keys()];
  await first.leading.end();
  const sandbox = lab.driver.sandboxes.get(sandboxId);
  if (sandbox) sandbox.state = 'stopped';
  const claimed: string[] = [];
  const withdraw = async (id: string): Promise<boolean> => {
    if (claimed.length === 0) claimed.push((await lab.open()).session.id);
    return lab.store.withdraw(id);
  };
  await lab.lead({ openStore: () => ({ ...lab.store, withdraw }) });
  await lab.clock.advance(5_000);
  expect(lab.driver.sandboxes.has(sandboxId)).toBe(true);
  const id = claimed[0] ?? '';
  const woken = async (): Promise<unknown> => {
    lab.bus.wake(id);
    await lab.clock.advance(1_000);
    return lab.session(id);
  };
  expect(await woken()).toMatchObject({ state: { kind: 'suspended', lost: 'the sandbox is gone' } });
  const again = { generation: 2, state: { kind: 'running', sandbox: { id: sandboxId } } };
  expect(await woken()).toMatchObject(again);
});
