// The key that signs tokens for sandboxes: RSA, private as PKCS#1, public as PKIX, both PEM, which is what AgentCube 0.1 keeps in
// its Secret and gives to PicoD. On one machine it is a file that only its owner may read, made when there is none.
// Does not own the Secret of a cluster, only the shape of the key that is in it.
import { createPrivateKey, createPublicKey, generateKeyPair, randomUUID, type KeyObject } from 'node:crypto';
import { chmod, link, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

export interface SigningKey {
  readonly privateKey: KeyObject;
  /** PKIX (`PUBLIC KEY`), for whoever verifies. */
  readonly publicPem: string;
}

export interface KeyPems {
  /** PKCS#1 (`RSA PRIVATE KEY`). */
  readonly privatePem: string;
  /** PKIX (`PUBLIC KEY`). */
  readonly publicPem: string;
}

const modulusLength = 2048;
const onlyOwner = 0o600;

const publicPemOf = (privateKey: KeyObject): string =>
  createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }) as string;

/** A private key in PEM. Throws an Error that names `where` when it holds no RSA key. */
export function signingKeyOf(pem: string, where: string): SigningKey {
  try {
    const privateKey = createPrivateKey(pem);
    if (privateKey.asymmetricKeyType !== 'rsa') throw new Error('expected an RSA key');
    return { privateKey, publicPem: publicPemOf(privateKey) };
  } catch (cause) {
    throw new Error(`${where} is not an RSA private key in PEM; move it away to have a new one made`, {
      cause,
    });
  }
}

/** A new RSA-2048 key. */
export async function newKeyPems(): Promise<KeyPems> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength });
  return {
    privatePem: privateKey.export({ type: 'pkcs1', format: 'pem' }) as string,
    publicPem: publicPemOf(privateKey),
  };
}

const missing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

async function makeKey(file: string): Promise<void> {
  const { privatePem } = await newKeyPems();
  const draft = `${file}.${randomUUID()}.new`;
  await writeFile(draft, privatePem, { mode: onlyOwner });
  try {
    // A link appears whole or not at all, and never over a key that somebody else made meanwhile.
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * Reads the key, or makes it: RSA-2048, mode 0600. Rejects with an Error that names the file when it holds no such key,
 * and with the file system's own error when it cannot be read or written.
 */
export async function loadSigningKey(file: string): Promise<SigningKey> {
  try {
    const found = signingKeyOf(await readFile(file, 'utf8'), file);
    await chmod(file, onlyOwner);
    return found;
  } catch (error) {
    if (!missing(error)) throw error;
  }
  await makeKey(file);
  return signingKeyOf(await readFile(file, 'utf8'), file);
}

/** Reads the key from a folder into which a Secret is mounted; nothing is made or changed there. Rejects as `loadSigningKey` does. */
export async function readMountedKey(folder: string): Promise<SigningKey> {
  const file = path.join(folder, 'private.pem');
  return signingKeyOf(await readFile(file, 'utf8'), file);
}
