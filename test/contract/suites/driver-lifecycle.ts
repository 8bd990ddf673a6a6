// What every driver promises of one sandbox from its start to its end, with real processes.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { TierName } from '../../../adapters/local/driver.ts';
import type { Driver, SandboxExit } from '../../../controller/driver.ts';
import type { PlatformError } from '../../../model/errors.ts';
import {
  act,
  ask,
  eventually,
  makeDataDir,
  openDriver,
  processesOf,
  specOf,
  withCommand,
} from '../../support/local-driver.ts';

const pauseMs = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const failure = (work: Promise<unknown>): Promise<PlatformError> =>
  work.then(
    () => Promise.reject(new Error('it did not fail')),
    (fault: PlatformError) => fault,
  );

/** Registers the tests for one tier. */
export function lifecycleContract(tier: TierName): void {
  const folder = makeDataDir();
  const exits: SandboxExit[] = [];
  let driver: Driver;
  beforeAll(async () => {
    driver = await openDriver(folder.dataDir, tier);
    driver.onExit((exit) => exits.push(exit));
  });
  afterAll(async () => {
    for (const { spec } of await driver.list()) await driver.stop(spec.id, 'remove');
    await driver.close();
    folder.remove();
  });
  const exitOf = async (id: string): Promise<SandboxExit | undefined> => {
    await eventually('its end is told', () => exits.some((exit) => exit.id === id));
    return exits.find((exit) => exit.id === id);
  };

  describe('start', () => {
    test('answers when an agent takes requests, and answers the same when asked again', async () => {
      const spec = specOf();
      const ref = await driver.start(spec);
      expect(ref).toMatchObject({ id: spec.id, name: spec.name });
      expect(ref.entryPoints).toMatchObject([{ path: '/', protocol: 'HTTP' }]);
      expect(await act(ref, 'count')).toEqual({ value: 1 });
      expect(await driver.start(spec)).toEqual(ref);
      expect(await act(ref, 'count')).toEqual({ value: 2 });
    });

    test('answers when the code daemon is healthy', async () => {
      const spec = specOf({
        kind: 'CodeInterpreter',
        container: { image: 'ghcr.io/volcano-sh/picod:latest', env: [] },
        authMode: 'picod',
      });
      const ref = await driver.start(spec);
      const { status, text } = await ask(ref, '/health');
      expect(status).toBe(200);
      expect(JSON.parse(text)).toMatchObject({ status: 'ok' });
      expect(await driver.busy(spec.id)).toEqual([]);
    });

    test("gives the image's variables, the pod's over them, ours over those, and none of the platform", async () => {
      const env = [
        { name: 'FROM_POD', value: "it's $HOME\n" },
        { name: 'AGENTCUBE_RUN_DIR', value: 'elsewhere' },
      ];
      const spec = specOf({ container: { image: 'probe:1', env } });
      const { value } = await act(await driver.start(spec), 'environment');
      expect(value).toMatchObject({
        FROM_IMAGE: 'yes',
        FROM_POD: "it's $HOME\n",
        AGENTCUBE_SANDBOX_NAME: spec.name,
      });
      expect(value).not.toMatchObject({ AGENTCUBE_RUN_DIR: 'elsewhere' });
      const foreign = Object.keys(process.env).filter(
        (name) => !['PATH', 'HOME', 'LANG', 'PWD', 'USER'].includes(name),
      );
      expect(
        Object.keys(value as object).filter((name) => foreign.includes(name) && name !== 'PORT'),
      ).toEqual([]);
    });

    test('that fails says why, with the last words of the command', async () => {
      const error = await failure(driver.start(specOf(withCommand('fail', '3'))));
      expect(error.code).toBe('SANDBOX_START_FAILED');
      expect(error.details.reason).toMatch(/^exit code 3; it wrote: .*the probe agent begins/s);
    });

    test('of an agent that never listens is given up in time', async () => {
      const other = makeDataDir();
      const impatient = await openDriver(other.dataDir, tier, { startTimeoutMs: 1_500 });
      const spec = specOf(withCommand('silent'));
      const error = await failure(impatient.start(spec));
      expect(error.code).toBe('SANDBOX_START_TIMEOUT');
      expect(error.details.reason).toMatch(/not ready after 1.5 s/);
      expect(processesOf(spec.name)).toEqual([]);
      await impatient.stop(spec.id, 'remove');
      await impatient.close();
      other.remove();
    });

    test('of an unknown image names those that are known', async () => {
      const error = await failure(driver.start(specOf({ container: { image: 'nobody/knows', env: [] } })));
      expect(error.code).toBe('UNKNOWN_IMAGE');
      expect(error.message).toMatch(/probe, picod/);
    });

    test('is interrupted by a stop, and nothing is left', async () => {
      const spec = specOf(withCommand('silent'));
      const starting = failure(driver.start(spec));
      await eventually('it has processes', () => processesOf(spec.name).length > 0);
      await driver.stop(spec.id, 'remove');
      expect((await starting).code).toBe('SANDBOX_START_FAILED');
      expect(processesOf(spec.name)).toEqual([]);
      expect((await driver.list()).map((found) => found.spec.id)).not.toContain(spec.id);
    });
  });

  describe('pause and resume', () => {
    test('keep the memory and stop the clockwork in between', async () => {
      const spec = specOf();
      const ref = await driver.start(spec);
      await act(ref, 'count');
      const before = (await act(ref, 'ticks')).value as number;
      expect(await driver.pause(spec.id, 1)).toEqual({ paused: true });
      expect(await driver.pause(spec.id, 1)).toEqual({ paused: true });
      expect((await driver.list()).find((found) => found.spec.id === spec.id)).toMatchObject({
        state: 'paused',
        ref,
      });
      await pauseMs(1_000);
      expect(await driver.resume(spec.id, 1)).toEqual(ref);
      expect(await driver.resume(spec.id, 1)).toEqual(ref);
      const after = (await act(ref, 'ticks')).value as number;
      expect(after - before).toBeLessThan(100);
      expect(await act(ref, 'count')).toEqual({ value: 2 });
    });

    test('a request that is sent meanwhile is answered after the resume', async () => {
      const spec = specOf();
      const ref = await driver.start(spec);
      await driver.pause(spec.id, 1);
      let answered = false;
      const waiting = act(ref, 'count').finally(() => (answered = true));
      await pauseMs(200);
      expect(answered).toBe(false);
      await driver.resume(spec.id, 1);
      expect(await waiting).toEqual({ value: 1 });
    });

    test('a sandbox that says it is busy is not paused', async () => {
      const spec = specOf();
      const ref = await driver.start(spec);
      const { AGENTCUBE_BUSY_DIR: busyDir } = (await act(ref, 'environment')).value as Record<string, string>;
      await act(ref, 'write', `${busyDir}/training`);
      expect(await driver.pause(spec.id, 1)).toEqual({ busy: ['training'] });
      expect(await driver.busy(spec.id)).toEqual(['training']);
      expect(await act(ref, 'count')).toEqual({ value: 1 });
      await act(ref, 'forget', `${busyDir}/training`);
      expect(await driver.pause(spec.id, 1)).toEqual({ paused: true });
    });

    test('of what is gone says so', async () => {
      expect((await failure(driver.pause('nobody', 1))).code).toBe('SANDBOX_CRASHED');
      expect((await failure(driver.resume('nobody', 1))).code).toBe('SANDBOX_CRASHED');
    });
  });

  describe('an end that nobody asked for', () => {
    test('is told once with the exit code, whatever children it left', async () => {
      const spec = specOf();
      const ref = await driver.start(spec);
      await act(ref, 'child');
      await act(ref, 'exit', '7').catch(() => undefined);
      expect(await exitOf(spec.id)).toEqual({ id: spec.id, generation: 1, why: 'exit code 7' });
      expect(processesOf(spec.name)).toEqual([]);
      expect((await driver.list()).find((found) => found.spec.id === spec.id)).toMatchObject({
        state: 'stopped',
        why: 'exit code 7',
      });
      expect((await failure(driver.resume(spec.id, 1))).details.reason).toBe('exit code 7');
      expect(exits.filter((exit) => exit.id === spec.id)).toHaveLength(1);
    });

    test('is told with the signal', async () => {
      const spec = specOf();
      const ref = await driver.start(spec);
      await act(ref, 'die', 'SIGSEGV').catch(() => undefined);
      expect((await exitOf(spec.id))?.why).toBe('killed by SIGSEGV');
    });

    test('is told with the limit when memory ran out, where the driver can limit it', async () => {
      const spec = specOf({ limits: { memoryBytes: 128 * 1024 * 1024 } });
      const ref = await driver.start(spec);
      const eaten = await act(ref, 'eat', '256').catch(() => undefined);
      const unlimited = driver.describe().lacks.some((lack) => lack.startsWith('no memory limit'));
      if (unlimited) expect(eaten).toEqual({ value: 64 });
      else expect((await exitOf(spec.id))?.why).toBe('out of memory (limit 128Mi)');
    });

    test('leaves the files, and a restart goes on with them under a new generation', async () => {
      const spec = specOf();
      const ref = await driver.start(spec);
      const { HOME: home } = (await act(ref, 'environment')).value as Record<string, string>;
      await act(ref, 'count');
      await act(ref, 'write', `${home}/note`);
      await act(ref, 'exit', '1').catch(() => undefined);
      await exitOf(spec.id);
      const again = await driver.restart(spec.id, 2);
      expect(await driver.restart(spec.id, 2)).toEqual(again);
      expect(await act(again, 'read', `${home}/note`)).toEqual({ value: 'written' });
      expect(await act(again, 'count')).toEqual({ value: 1 });
      await act(again, 'exit', '2').catch(() => undefined);
      await eventually(
        'its second end is told',
        () => exits.filter((exit) => exit.id === spec.id).length === 2,
      );
      expect(exits.findLast((exit) => exit.id === spec.id)).toMatchObject({
        generation: 2,
        why: 'exit code 2',
      });
    });
  });

  describe('stop', () => {
    test('keeps the files when asked to, and tells no end', async () => {
      const spec = specOf();
      const ref = await driver.start(spec);
      const { HOME: home } = (await act(ref, 'environment')).value as Record<string, string>;
      await act(ref, 'write', `${home}/note`);
      await driver.pause(spec.id, 1);
      await driver.stop(spec.id, 'keep-files');
      await driver.stop(spec.id, 'keep-files');
      expect(processesOf(spec.name)).toEqual([]);
      expect((await driver.list()).find((found) => found.spec.id === spec.id)?.state).toBe('stopped');
      const again = await driver.restart(spec.id, 2);
      expect(await act(again, 'read', `${home}/note`)).toEqual({ value: 'written' });
      expect(exits.filter((exit) => exit.id === spec.id)).toEqual([]);
    });

    test('leaves nothing, paused or not, with children or not', async () => {
      const specs = [specOf(), specOf()];
      for (const spec of specs) await act(await driver.start(spec), 'child');
      await driver.pause(specs[0]?.id ?? '', 1);
      for (const spec of specs) await driver.stop(spec.id, 'remove');
      for (const spec of specs) {
        expect(processesOf(spec.name)).toEqual([]);
        expect(existsSync(path.join(folder.dataDir, 'data', 'sandboxes', spec.id))).toBe(false);
        await driver.stop(spec.id, 'remove');
        expect((await failure(driver.restart(spec.id, 2))).code).toBe('SANDBOX_START_FAILED');
      }
      expect(
        (await driver.list()).filter((found) => specs.some((spec) => spec.id === found.spec.id)),
      ).toEqual([]);
      expect(exits.filter((exit) => specs.some((spec) => spec.id === exit.id))).toEqual([]);
    });
  });
}
