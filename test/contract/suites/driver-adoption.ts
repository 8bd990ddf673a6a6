// What every driver promises to the platform that comes after one that was killed: all that lives is found and goes on.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { TierName } from '../../../adapters/local/driver.ts';
import type { Driver, SandboxExit } from '../../../controller/driver.ts';
import type { SandboxSpec } from '../../../model/sandbox-spec.ts';
import { act, eventually, makeDataDir, openDriver, processesOf, specOf } from '../../support/local-driver.ts';

type Left = Record<'running' | 'paused' | 'doomed' | 'halfMade', SandboxSpec>;

const program = path.resolve(import.meta.dirname, '../driver-until-killed.ts');

async function platformKilled(dataDir: string, tier: TierName): Promise<Left> {
  const child = spawn(process.execPath, [program, dataDir, tier], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  child.kill('SIGKILL');
  await once(child, 'exit');
  return JSON.parse(line.toString()) as Left;
}

/** Registers the tests for one tier. */
export function adoptionContract(tier: TierName): void {
  let folder: ReturnType<typeof makeDataDir>;
  let driver: Driver | undefined;
  beforeEach(() => {
    folder = makeDataDir();
  });
  afterEach(async () => {
    for (const { spec } of (await driver?.list()) ?? []) await driver?.stop(spec.id, 'remove');
    await driver?.close();
    folder.remove();
  });
  const found = async (spec: SandboxSpec) => (await driver?.list())?.find((one) => one.spec.id === spec.id);

  describe('after the platform was killed', () => {
    test('what ran goes on with its memory, what was paused is paused, what was half-made is told without a door', async () => {
      const left = await platformKilled(folder.dataDir, tier);
      for (const pid of processesOf(left.doomed.name)) process.kill(pid, 'SIGKILL');
      await eventually('it is gone', () => processesOf(left.doomed.name).length === 0);
      const exits: SandboxExit[] = [];
      const next = (driver = await openDriver(folder.dataDir, tier));
      next.onExit((exit) => exits.push(exit));

      const running = await found(left.running);
      expect(running).toMatchObject({ state: 'running', spec: left.running });
      expect(running?.ref && (await act(running.ref, 'count'))).toEqual({ value: 2 });

      expect(await found(left.paused)).toMatchObject({ state: 'paused' });
      expect(await act(await next.resume(left.paused.id), 'count')).toEqual({ value: 2 });

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

  test('two platforms cannot use one data dir', async () => {
    driver = await openDriver(folder.dataDir, tier);
    await expect(openDriver(folder.dataDir, tier)).rejects.toThrow(`in use by process ${process.pid}`);
  });
}
