import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  chmodSync,
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
import { createImageTable, imageDigest } from './images.ts';

describe('image folders', () => {
  let base: string;
  let folder: string;
  let kept: string;
  beforeEach(() => {
    base = mkdtempSync(path.join(os.tmpdir(), 'agentcube-images-'));
    folder = path.join(base, 'hello');
    kept = path.join(base, 'images');
    for (const name of [folder, kept, path.join(folder, 'lib'), path.join(folder, '.git')]) mkdirSync(name);
    writeFileSync(path.join(folder, 'main.py'), 'print(1)', { mode: 0o600 });
    writeFileSync(path.join(folder, 'run.sh'), 'true', { mode: 0o700 });
    writeFileSync(path.join(folder, '.git', 'config'), 'secret');
    symlinkSync('../main.py', path.join(folder, 'lib', 'link'));
  });
  afterEach(() => rmSync(base, { recursive: true }));
  const table = () =>
    createImageTable(() => [{ name: 'hello', folder, command: ['python3', '/app/main.py'] }], kept, 'r1');

  test('are copied under their digest, readable by all, without their history', async () => {
    const { digest } = (await table().resolve('hello:1')) as { digest: string };
    const copy = path.join(kept, digest);
    expect(readdirSync(copy).sort()).toEqual(['lib', 'main.py', 'run.sh']);
    expect(statSync(path.join(copy, 'main.py')).mode & 0o777).toBe(0o644);
    expect(statSync(path.join(copy, 'run.sh')).mode & 0o777).toBe(0o755);
    expect(readFileSync(path.join(copy, 'lib', 'link'), 'utf8')).toBe('print(1)');
    expect(await table().use('hello:1')).toMatchObject({
      digest,
      daemon: false,
      command: ['python3', '/app/main.py'],
    });
  });

  test('a changed folder has another digest, and what was resolved before stays as it was', async () => {
    const images = table();
    const before = (await images.resolve('hello')) as { digest: string };
    writeFileSync(path.join(folder, 'main.py'), 'print(2)');
    expect(await images.use('hello')).toMatchObject(before);
    expect(readFileSync(path.join(kept, before.digest, 'main.py'), 'utf8')).toBe('print(1)');
    const after = (await images.resolve('hello')) as { digest: string };
    expect(after.digest).not.toBe(before.digest);
    expect(await images.use('hello')).toMatchObject(after);
  });

  test('the digest depends on names, content, executable bits, command and variables', async () => {
    const image = { name: 'hello', folder };
    const digests = [await imageDigest(image)];
    const again = async (change: () => void) => {
      change();
      digests.push(await imageDigest(image));
    };
    await again(() => writeFileSync(path.join(folder, 'new'), ''));
    await again(() => writeFileSync(path.join(folder, 'new'), 'x'));
    await again(() => chmodSync(path.join(folder, 'new'), 0o755));
    digests.push(await imageDigest({ ...image, command: ['x'] }));
    digests.push(await imageDigest({ ...image, environment: [{ name: 'A', value: 'x' }] }));
    expect(new Set(digests).size).toBe(digests.length);
    expect(await imageDigest({ ...image, name: 'other' })).toBe(digests[3]);
  });

  test('the code daemon is one too, by the version of its program', async () =>
    expect(await table().resolve('ghcr.io/volcano-sh/picod:latest')).toEqual({ digest: 'r1' }));

  test('an unknown image is answered with the known names', async () => {
    expect(await table().resolve('nginx')).toEqual({ known: ['hello', 'picod'] });
    await expect(table().use('nginx')).rejects.toMatchObject({ code: 'UNKNOWN_IMAGE' });
  });

  test('a folder that is not there is told by name', async () => {
    const images = createImageTable(() => [{ name: 'gone', folder: path.join(base, 'gone') }], kept, 'r1');
    await expect(images.use('gone')).rejects.toMatchObject({
      code: 'SANDBOX_START_FAILED',
      message: expect.stringContaining(path.join(base, 'gone')) as unknown,
    });
  });
});
