// Requests that wait for a session that the activator wakes itself, through its HTTP side. The test answers for the node.
// S3: one wake however many wait. What is not plainly so goes to the controller: activator/direct-wakes.test.ts.
import { afterEach, describe, expect, test } from '@jest/globals';
import { PlatformError } from '../../model/errors.ts';
import type { SessionStore } from '../../model/session-store.ts';
import type { Session } from '../../model/session.ts';
import { ask } from '../support/ask.ts';
import { MemoryActivator, type MemoryActivatorOptions } from '../support/memory-activator.ts';
import { scriptedSandbox } from '../support/scripted-sandbox.ts';
import { until } from '../support/until.ts';

const base = '/v1/namespaces/default/agent-runtimes/echo/invocations';
const ofSession = (id: string) => ({ 'x-agentcube-session-id': id });

const toClose: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const made of toClose.splice(0).reverse()) await made.close();
});

async function start(options: MemoryActivatorOptions) {
  const lab = await MemoryActivator.start(options);
  const sandbox = await scriptedSandbox(lab.socketPath('main'));
  toClose.push(lab, sandbox);
  return { lab, ref: lab.sandbox([{ endpoint: sandbox.endpoint }]) };
}

describe('a paused session whose node is known', () => {
  const place = { agent: 'http://10.0.0.7:8090', pod: '7d0f' };

  test('is woken there, once for all who wait; the controller is not asked', async () => {
    const { promise, resolve: thaw } = Promise.withResolvers<void>();
    let thaws = 0;
    const thawer = { thaw: () => ((thaws += 1), promise) };
    const { lab, ref } = await start({ thawer });
    await lab.session('s', { kind: 'paused', sandbox: { ...ref, place }, claimed: false });
    const replies = Array.from({ length: 20 }, (_, i) =>
      ask(lab.port, { path: `${base}/${i}`, headers: ofSession('s') }),
    );
    await until(() => lab.activator.stats().waiting === 20);
    thaw();
    const answers = await Promise.all(replies);
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(answers[0]?.headers['server-timing']).toMatch(/^wake;dur=\d+(\.\d)?;desc="paused"$/);
    expect([thaws, lab.wakes]).toEqual([1, []]);
    expect(lab.activator.stats()).toMatchObject({ waiting: 0, gates: 0, leases: 1 });
    expect((await lab.store.get('s'))?.session.state.kind).toBe('running');
  });

  test('is not even looked up when it was heard of, and is all the same found as it is', async () => {
    const thawer = { thaw: async () => {} };
    const asked: string[] = [];
    const store = (plain: SessionStore): SessionStore => ({
      ...plain,
      acquire: (id, ...rest) => (asked.push(id), plain.acquire(id, ...rest)),
    });
    const { lab, ref } = await start({ thawer, store });
    const sandbox = { ...ref, place };
    await lab.session('s', { kind: 'running', sandbox });
    const sleep = async (): Promise<void> => {
      await lab.move('s', { kind: 'idle' });
      await lab.move('s', { kind: 'paused', generation: 1 });
    };
    const status = async (): Promise<number> =>
      (await ask(lab.port, { path: `${base}/`, headers: ofSession('s') })).status;
    await sleep();
    expect([await status(), asked]).toEqual([200, []]);
    await sleep();
    // Somebody else wakes it, and nobody tells.
    const paused = (await lab.store.get('s'))?.session as Session;
    const awake = { ...paused, version: paused.version + 1, state: { kind: 'running', sandbox } as const };
    expect(await lab.store.save(awake, null)).toBe('saved');
    expect([await status(), lab.wakes]).toEqual([200, []]);
    expect(asked).toEqual(['s']);
  });

  test('and whose node does not answer is the controller’s', async () => {
    const thawer = { thaw: () => Promise.reject(new PlatformError('NODE_UNREACHABLE', 'no answer')) };
    const { lab, ref } = await start({ thawer });
    await lab.session('s', { kind: 'paused', sandbox: { ...ref, place }, claimed: false });
    const reply = ask(lab.port, { path: `${base}/`, headers: ofSession('s') });
    await until(() => lab.wakes.length > 0);
    await lab.move('s', { kind: 'resumed', generation: 1, sandbox: { ...ref, place } });
    expect((await reply).status).toBe(200);
    expect(lab.wakes).toEqual(['s']);
  });
});
