// A start that cannot work ends with an exit code and a sentence that says what to do; it leaves nothing behind.
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { openAgent } from '../support/client.ts';
import { probeFolder } from '../support/folder.ts';
import { leftovers, sweep } from '../support/leftovers.ts';
import {
  newDataDir,
  spawnPlatform,
  startPlatform,
  type Exit,
  type Platform,
  type PlatformOptions,
} from '../support/platform.ts';
import { markAgent } from '../support/probe.ts';

jest.setTimeout(120_000);

let dataDir: string;

beforeAll(() => {
  dataDir = newDataDir();
});

afterAll(async () => {
  await sweep(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
});

const platforms: Platform[] = [];

/** Also disposed of when its test fails. */
async function start(options: PlatformOptions): Promise<Platform> {
  const platform = await startPlatform(options);
  platforms.push(platform);
  return platform;
}

afterEach(async () => {
  for (const platform of platforms.splice(0)) await platform.dispose();
});

async function failedStart(options: PlatformOptions, at = dataDir): Promise<{ exit: Exit; output: string }> {
  const running = spawnPlatform(at, options);
  const exit = await running.exited;
  return { exit, output: running.output() };
}

test('a port that somebody else has: which one, and how to choose another', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  for (const flag of ['--control-port', '--activator-port']) {
    const { exit, output } = await failedStart({ args: [flag, String(port)] });
    expect(exit.code).toBe(1);
    expect(output).toMatch(new RegExp(`port ${port} is in use.*${flag}`, 's'));
  }
  other.close();
  expect(leftovers(dataDir)).toEqual([]);
});

test('a data folder that cannot be written', async () => {
  const below = path.join(dataDir, 'a-file', 'agentcube');
  writeFileSync(path.dirname(below), '');
  const { exit, output } = await failedStart({}, below);
  expect(exit.code).toBe(1);
  expect(output).toContain(below);
  expect(output).toMatch(/--data-dir|AGENTCUBE_DATA_DIR/);
});

test('a data folder that another platform uses', async () => {
  const first = await start({ folder: probeFolder({ name: 'first' }) });
  const { exit, output } = await failedStart({ folder: probeFolder({ name: 'second' }) }, first.dataDir);
  expect(exit.code).toBe(1);
  expect(output).toContain(`process ${first.pid}`);
  await first.stop();
});

test('a full disk', async () => {
  const mounts = `mount -t tmpfs -o size=64k tmpfs ${dataDir}`;
  const { exit, output } = await failedStart({ mounts });
  expect(exit.code).toBe(1);
  expect(output).toMatch(/no space left/i);
  expect(output).toContain(dataDir);
});

describe('without bubblewrap', () => {
  const mounts =
    'for file in /usr/bin/bwrap /usr/local/bin/bwrap; do [ ! -e $file ] || mount --bind /dev/null $file; done';

  test('the next best isolation is taken, and the start says how to get the better one', async () => {
    const platform = await start({ folder: probeFolder({ name: 'lesser' }), mounts });
    expect(platform.output()).toMatch(/bubblewrap is not installed \(apt install bubblewrap\)/);
    const session = await openAgent(platform, 'lesser');
    expect(await markAgent(session)).toMatchObject({ mark: session.id, markInFile: session.id });
    await platform.stop();
    expect(leftovers(platform.dataDir)).toEqual([]);
  });

  test('asked for by name, its absence is an error', async () => {
    const { exit, output } = await failedStart({ args: ['--isolation', 'bubblewrap'], mounts });
    expect(exit.code).toBe(1);
    expect(output).toContain('apt install bubblewrap');
  });
});

describe('wrong settings', () => {
  test('a flag that does not exist', async () => {
    const { exit, output } = await failedStart({ args: ['--activator-prot', '1'] });
    expect(exit.code).toBe(1);
    expect(output).toContain('--activator-prot');
  });

  test('values that cannot be, all at once, by the names that they were given with', async () => {
    const { exit, output } = await failedStart({
      args: ['--isolation', 'wishes'],
      env: { AGENTCUBE_MAX_WAITING: 'lots' },
    });
    expect(exit.code).toBe(1);
    expect(output).toContain('--isolation');
    expect(output).toContain('AGENTCUBE_MAX_WAITING');
  });

  test('a folder that is not there', async () => {
    const { exit, output } = await failedStart({ folder: '/nowhere/agents' });
    expect(exit.code).toBe(1);
    expect(output).toContain('/nowhere/agents');
  });
});
