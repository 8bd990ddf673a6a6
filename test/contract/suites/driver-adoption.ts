// What every driver promises to the platform that comes after one that was killed: all that lives is found and goes on.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { TierName } from '../../../adapters/local/driver.ts';
import type { Driver, SandboxExit } from '../../../controller/driver.ts';
import type { SandboxSpec, SessionMark } from '../../../model/sandbox-spec.ts';
import { killProcess } from '../../chaos/sandboxes.ts';
import { act, eventually, makeDataDir, openDriver, processesOf, specOf } from '../../support/local-driver.ts';

type Left = Record<'running' | 'paused' | 'doomed' | 'halfMade', SandboxSpec>;

const program = path.resolve(import.meta.dirname, '../driver-until-killed.ts');

/** Ended after their test, however that goes. */
const children: ChildProcess[] = [];

/** A platform in a process of its own, with sandboxes. `ended`: the signal that it ended by. */
async function platformStarted(dataDir: string, tier: TierName) {
  const child = spawn(process.execPath, [program, dataDir, tier], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const ended = once(child, 'exit').then(([, signal]) => signal as NodeJS.Signals | null);
  const failed = ended.then((signal) => Promise.reject(new Error(`the platform ended: ${signal}`)));
  failed.catch(() => undefined);
  const [line] = (await Promise.race([once(child.stdout, 'data'), failed])) as [Buffer];
  return { child, ended, left: JSON.parse(line.toString()) as Left };
}

async function platformKilled(dataDir: string, tier: TierName): Promise<Left> {
  const { child, ended, left } = await platformStarted(dataDir, tier);
  child.kill('SIGKILL');
  await ended;
  return left;
}

const markOf = (id: string): SessionMark => ({
  id,
  runtime: { kind: 'AgentRuntime', namespace: 'default', name: 'probe' },
  labels: { team: 'grüße' },
  ownerId: 'owner',
  policy: { pauseAfterMs: 1, suspendAfterMs: null, sessionTimeoutMs: 2, maxSessionDurationMs: 3 },
  createdAt: 1_700_000_000_000,
});

/** Registers the tests for one tier. */
export function adoptionContract(tier: TierName): void {
  let folder: ReturnType<typeof makeDataDir>;
  let driver: Driver | undefined;
  beforeEach(() => {
    folder = makeDataDir();
    driver = undefined;
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const { spec } of (await driver?.list()) ?? []) await driver?.stop(spec.id, 'remove');
    await driver?.close();
    folder.remove();
  });
  const found = async (spec: SandboxSpec) => (await driver?.list())?.find((one) => one.spec.id === spec.id);

  describe('after the platform was killed', () => {
    test('what ran goes on with its memory, what was paused is paused, what was half-made is told without a door', async () => {
      const left = await platformKilled(folder.dataDir, tier);
      // The first may take the others with it.
      for (const pid of processesOf(left.doomed.name)) killProcess(pid);
      await eventually('it is gone', () => processesOf(left.doomed.name).length === 0);
      const exits: SandboxExit[] = [];
      const next = (driver = await openDriver(folder.dataDir, tier));
      next.onExit((exit) => exits.push(exit));

      const running = await found(left.running);
      expect(running).toMatchObject({ state: 'running', spec: left.running });
      expect(running?.ref && (await act(running.ref, 'count'))).toEqual({ value: 2 });

      expect(await found(left.paused)).toMatchObject({ state: 'paused' });
      expect(await act(await next.resume(left.paused.id, 1), 'count')).toEqual({ value: 2 });

      expect(await found(left.doomed)).toMatchObject({
        state: 'stopped',
        why: expect.stringMatching(/SIGKILL|gone/),
      });
      expect(exits).toEqual([]);

      const halfMade = await found(left.halfMade);
      expect(halfMade?.ref).toBeUndefined();
      await next.stop(left.halfMade.id, 'remove');
      expect(processesOf(left.halfMade.name)).toEqual([]);

      if (running?.ref) await act(running.ref, 'exit', '5').catch(() => undefined);
      await eventually('the end of an adopted sandbox is told', () => exits.length === 1);
      expect(exits).toEqual([{ id: left.running.id, generation: 1, why: 'exit code 5' }]);
    });
  });

  test('closing leaves sandboxes running, and the next driver goes on with them', async () => {
    const first = await openDriver(folder.dataDir, tier);
    const spec = specOf();
    const ref = await first.start(spec);
    await act(ref, 'count');
    await first.close();
    driver = await openDriver(folder.dataDir, tier);
    expect(await act(ref, 'count')).toEqual({ value: 2 });
    expect(await driver.start(spec)).toEqual(ref);
  });

  test('whose a sandbox is stays written on it: over its sleep, its end and the next driver', async () => {
    const first = await openDriver(folder.dataDir, tier);
    const [spec, cold] = [specOf(), { ...specOf(), session: markOf('cold') }];
    await Promise.all([first.start(spec), first.start(cold)]);
    await first.pause(spec.id, 1);
    await first.mark(spec.id, markOf('claimed'));
    await first.mark(spec.id, markOf('claimed'));
    await first.close();
    const second = (driver = await openDriver(folder.dataDir, tier));
    expect(await found(spec)).toMatchObject({
      state: 'paused',
      spec: { ...spec, session: markOf('claimed') },
    });
    expect(await found(cold)).toMatchObject({ state: 'running', spec: cold });
    await second.stop(cold.id, 'keep-files');
    await second.restart(cold.id, 2);
    expect((await found(cold))?.spec).toEqual({ ...cold, generation: 2 });
  });

  test('what is gone cannot be marked', async () => {
    const next = (driver = await openDriver(folder.dataDir, tier));
    const spec = specOf();
    await next.start(spec);
    await next.stop(spec.id, 'keep-files');
    for (const id of [spec.id, 'never-was']) {
      await expect(next.mark(id, markOf('late'))).rejects.toMatchObject({ code: 'SANDBOX_CRASHED' });
    }
  });

  test('a closed driver does nothing any more: not to what runs, not to what it was asked for just before', async () => {
    const first = await openDriver(folder.dataDir, tier);
    const [spec, late] = [specOf(), specOf()];
    await first.start(spec);
    const begun = first.start(late);
    const closed = first.close();
    const asked = (): Promise<unknown>[] => [
      first.start(late),
      first.restart(spec.id, 2),
      first.stop(spec.id, 'remove'),
      first.mark(spec.id, markOf('late')),
      first.pause(spec.id, 1),
      first.resume(spec.id, 1),
      first.busy(spec.id),
      first.list(),
      first.resolve('probe:1'),
    ];
    const refused = { status: 'rejected', reason: expect.objectContaining({ code: 'SHUTTING_DOWN' }) };
    expect(await Promise.allSettled([begun, ...asked()])).toEqual(Array(10).fill(refused));
    await closed;
    expect(processesOf(late.name)).toEqual([]);
    driver = await openDriver(folder.dataDir, tier);
    expect(await Promise.allSettled(asked())).toEqual(Array(9).fill(refused));
    expect(await found(spec)).toMatchObject({ state: 'running', spec });
  });

  test('a platform that stands still is ended by the one that takes over; its sandboxes go on', async () => {
    const old = await platformStarted(folder.dataDir, tier);
    old.child.kill('SIGSTOP');
    const next = (driver = await openDriver(folder.dataDir, tier, { takeOver: true }));
    expect(await old.ended).toBe('SIGKILL');
    const running = await found(old.left.running);
    expect(running?.ref && (await act(running.ref, 'count'))).toEqual({ value: 2 });
    expect(await found(old.left.paused)).toMatchObject({ state: 'paused' });
    expect(await act(await next.resume(old.left.paused.id, 1), 'count')).toEqual({ value: 2 });
  });

  test('one that is not to take over any more leaves the other alone', async () => {
    const old = await platformStarted(folder.dataDir, tier);
    const asked = openDriver(folder.dataDir, tier, { takeOver: () => false });
    await expect(asked).rejects.toThrow(
      `in use by process ${old.child.pid}, and this one is no more to have it`,
    );
    expect(old.child.signalCode).toBeNull();
    old.child.kill('SIGKILL');
    await old.ended;
    driver = await openDriver(folder.dataDir, tier, { takeOver: () => false });
    expect(await driver.list()).toHaveLength(4);
  });

  test('one that lets go in time is not ended', async () => {
    const first = await openDriver(folder.dataDir, tier);
    const asked = openDriver(folder.dataDir, tier, { takeOver: true });
    await first.close();
    driver = await asked;
    expect(await driver.list()).toEqual([]);
  });

  test('a process never ends itself for the data dir', async () => {
    driver = await openDriver(folder.dataDir, tier);
    const again = openDriver(folder.dataDir, tier, { takeOver: true });
    await expect(again).rejects.toThrow(`in use by process ${process.pid}, which is this one`);
  });

  test('two platforms cannot use one data dir', async () => {
    driver = await openDriver(folder.dataDir, tier);
    await expect(openDriver(folder.dataDir, tier)).rejects.toThrow(`in use by process ${process.pid}`);
  });
}
