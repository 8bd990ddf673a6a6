import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { materialiseRuntime, removeOtherVersions } from './runtime-files.ts';

describe('the runtime folder', () => {
  let base: string;
  beforeEach(() => {
    base = mkdtempSync(path.join(os.tmpdir(), 'agentcube-runtime-'));
    for (const name of ['runtime', 'source']) mkdirSync(path.join(base, name));
    writeFileSync(path.join(base, 'node'), 'a program', { mode: 0o755 });
    writeFileSync(path.join(base, 'source', 'main.ts'), "import { a } from './a.ts';\nconsole.log(a);");
    writeFileSync(path.join(base, 'source', 'a.ts'), 'export const a: number = 1;');
    writeFileSync(path.join(base, 'source', 'main.test.ts'), 'a test');
  });
  afterEach(() => rmSync(base, { recursive: true }));
  const make = () =>
    materialiseRuntime(path.join(base, 'runtime'), {
      sandboxSourceDir: path.join(base, 'source'),
      nodePath: path.join(base, 'node'),
    });

  test('holds node, the daemon, and files of /etc, for all to read', async () => {
    const { folder } = await make();
    expect(readdirSync(path.join(folder, 'daemon'))).toEqual(['main.mjs']);
    expect(execFileSync(process.execPath, [path.join(folder, 'daemon', 'main.mjs')]).toString()).toBe('1\n');
    expect(readFileSync(path.join(folder, 'etc', 'passwd'), 'utf8')).toContain('agentcube:x:1000:');
    expect(statSync(path.join(folder, 'bin', 'node')).mode & 0o777).toBe(0o755);
    expect(statSync(folder).mode & 0o005).toBe(0o005);
  });

  test('is the same for the same content, and another for other content', async () => {
    const first = await make();
    expect(await make()).toEqual(first);
    writeFileSync(path.join(base, 'source', 'a.ts'), 'export const a: number = 2;');
    const second = await make();
    expect(second.id).not.toBe(first.id);
    await removeOtherVersions(path.join(base, 'runtime'), new Set([second.id]));
    expect([existsSync(first.folder), existsSync(second.folder)]).toEqual([false, true]);
  });

  test('holds the author kit as a package, with what it imports, when it is given one', async () => {
    const kit = path.join(base, 'kit');
    mkdirSync(path.join(kit, 'agent'), { recursive: true });
    writeFileSync(path.join(kit, 'index.ts'), 'export const client = 1;');
    writeFileSync(path.join(kit, 'agent', 'index.ts'), "export { WebSocket } from 'ws';");
    symlinkSync(path.resolve('node_modules'), path.join(base, 'node_modules'));
    const { folder } = await materialiseRuntime(path.join(base, 'runtime'), {
      sandboxSourceDir: path.join(base, 'source'),
      kitSourceDir: kit,
      nodePath: path.join(base, 'node'),
    });
    const script =
      "import { client } from 'agentcube'; import { WebSocket } from 'agentcube/agent'; console.log(client, typeof WebSocket)";
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: folder });
    expect(said.toString()).toBe('1 function\n');
  });
});
