// What the tiers with a view of their own promise: nothing of the host and of others can be seen or changed from inside.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import type { TierName } from '../../../adapters/local/driver.ts';
import type { Driver } from '../../../controller/driver.ts';
import type { SandboxRef } from '../../../model/sandbox.ts';
import { act, makeDataDir, openDriver, processesOf, specOf } from '../../support/local-driver.ts';

const uidOf = (pid: number): number =>
  Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

/** Registers the tests for one tier. */
export function isolationContract(tier: TierName): void {
  const folder = makeDataDir();
  const specs = [specOf(), specOf()] as const;
  let driver: Driver;
  let refs: readonly SandboxRef[];
  let inside: SandboxRef;
  beforeAll(async () => {
    driver = await openDriver(folder.dataDir, tier);
    refs = await Promise.all(specs.map((spec) => driver.start(spec)));
    [inside] = refs as [SandboxRef];
  });
  afterAll(async () => {
    for (const { id } of specs) await driver.stop(id, 'remove');
    await driver.close();
    folder.remove();
  });

  describe('inside', () => {
    test('only its own processes can be seen', async () => {
      const seen = (await act(inside, 'list', '/proc')).value as string[];
      expect(seen.filter((name) => /^\d+$/.test(name)).length).toBeLessThan(10);
    });

    test('other workspaces, the data dir and homes are not there', async () => {
      for (const name of [folder.dataDir, '/home', '/root', '/work', '/sys', '/etc/shadow', '/boot']) {
        expect([name, await act(inside, 'list', name)]).toEqual([name, { refused: 'ENOENT' }]);
      }
      expect((await act(inside, 'list', '/tmp')).value).toEqual([]);
    });

    test('there is no network but its own loopback', async () => {
      const server = net.createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      const { port } = server.address() as net.AddressInfo;
      expect(await act(inside, 'connect', String(port))).toEqual({ refused: 'ECONNREFUSED' });
      expect((await act(inside, 'interfaces')).value).toEqual(['lo']);
      server.close();
    });

    test('it writes to its workspace and /tmp, and nowhere else', async () => {
      expect(await act(inside, 'write', '/workspace/file')).not.toHaveProperty('refused');
      expect(await act(inside, 'write', '/tmp/file')).not.toHaveProperty('refused');
      for (const name of [
        '/app/x',
        '/usr/x',
        '/opt/agentcube/x',
        '/etc/x',
        '/x',
        '/proc/sys/kernel/core_pattern',
      ]) {
        expect([name, await act(inside, 'write', name)]).toEqual([
          name,
          { refused: expect.stringMatching(/^E(ROFS|ACCES|PERM)$/) },
        ]);
      }
    });

    test('it has no capability, can gain none, and can make no namespace', async () => {
      const status = (await act(inside, 'status')).value as string;
      for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
        expect(status).toMatch(new RegExp(`^${set}:\\s+0+$`, 'm'));
      expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
      expect((await act(inside, 'namespace')).value).not.toBe(0);
    });
  });

  test('on the host it is nobody in particular, and each sandbox somebody else', () => {
    const uids = specs.map(({ name }) => new Set(processesOf(name).map(uidOf)));
    if (process.getuid?.() !== 0) return;
    expect(uids.map((set) => set.size)).toEqual([1, 1]);
    const [first, second] = uids.map((set) => [...set][0] ?? 0);
    expect(first).toBeGreaterThanOrEqual(200_000);
    expect(second).not.toBe(first);
  });
}
