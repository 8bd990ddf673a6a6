// Tokens as AgentCube 0.1's router signs them, and the file of the key.
import { createPublicKey } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { manualClock } from '../../test/support/manual-clock.ts';
import { loadSigningKey } from './key.ts';
import { createSigner } from './signer.ts';

let folder: string;
const keyFile = () => path.join(folder, 'router-key.pem');

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'signer-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a token', () => {
  const clock = manualClock(1_700_000_000_000);

  test('is RS256 and says exp, iat, iss and session_id, and nothing else', async () => {
    const signer = createSigner({ key: await loadSigningKey(keyFile()), clock });
    const token = await signer.tokenFor('s');
    const { payload } = await jwtVerify(token, createPublicKey(signer.publicKeyPem), {
      currentDate: new Date(clock.now()),
    });
    const iat = clock.now() / 1_000;
    expect(payload).toEqual({ exp: iat + 300, iat, iss: 'agentcube-router', session_id: 's' });
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'RS256', typ: 'JWT' });
  });

  test('is at hand after the first time, one for each session, until a minute before it expires', async () => {
    const signer = createSigner({ key: await loadSigningKey(keyFile()), clock });
    const [first, other] = await Promise.all([signer.tokenFor('a'), signer.tokenFor('b')]);
    expect(other).not.toBe(first);
    await clock.advance(239_000);
    expect(signer.tokenFor('a')).toBe(first);
    await clock.advance(1_000);
    expect(await signer.tokenFor('a')).not.toBe(first);
  });

  test('is signed once however many ask, and only so many are kept', async () => {
    const signer = createSigner({ key: await loadSigningKey(keyFile()), clock, capacity: 2 });
    const [one, same] = await Promise.all([signer.tokenFor('a'), signer.tokenFor('a')]);
    expect(same).toBe(one);
    await signer.tokenFor('b');
    await signer.tokenFor('c');
    expect([typeof signer.tokenFor('a'), typeof signer.tokenFor('c')]).toEqual(['object', 'string']);
  });
});

describe('the key', () => {
  test('is made once, PKCS#1 and PKIX, readable by its owner only, and found again', async () => {
    const file = path.join(folder, 'new.pem');
    const [made, raced] = await Promise.all([loadSigningKey(file), loadSigningKey(file)]);
    const again = await loadSigningKey(file);
    expect([raced.publicPem, again.publicPem]).toEqual([made.publicPem, made.publicPem]);
    expect(await readFile(file, 'utf8')).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/);
    expect(made.publicPem).toMatch(/^-----BEGIN PUBLIC KEY-----/);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(made.privateKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
  });

  test('that others may read is closed to them', async () => {
    await chmod(keyFile(), 0o644);
    await loadSigningKey(keyFile());
    expect((await stat(keyFile())).mode & 0o777).toBe(0o600);
  });

  test('that is none is refused by name, and kept', async () => {
    const file = path.join(folder, 'broken.pem');
    await writeFile(file, 'not a key');
    await expect(loadSigningKey(file)).rejects.toThrow(/broken\.pem is not an RSA private key/);
    expect(await readFile(file, 'utf8')).toBe('not a key');
  });
});
