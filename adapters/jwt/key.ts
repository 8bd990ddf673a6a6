// The key that signs tokens for sandboxes: an RSA key in a file that only its owner may read, made when there is none.
// Private as PKCS#1, public as PKIX, both PEM: what AgentCube 0.1 keeps in its Secret and gives to PicoD.
import { createPrivateKey, createPublicKey, generateKeyPair, randomUUID, type KeyObject } from 'node:crypto';
import { chmod, link, readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface SigningKey {
  readonly privateKey: KeyObject;
  /** PKIX (`PUBLIC KEY`), for whoever verifies. */
  readonly publicPem: string;
}

const modulusLength = 2048;
const onlyOwner = 0o600;

function keyOf(pem: string, file: string): SigningKey {
  try {
    const privateKey = createPrivateKey(pem);
    if (privateKey.asymmetricKeyType !== 'rsa') throw new Error('expected an RSA key');
    const publicPem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }) as string;
    return { privateKey, publicPem };
  } catch (cause) {
    throw new Error(`${file} is not an RSA private key in PEM; move it away to have a new one made`, {
      cause,
    });
  }
}

const missing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

async function makeKey(file: string): Promise<void> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength });
  const draft = `${file}.${randomUUID()}.new`;
  await writeFile(draft, privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: onlyOwner });
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
    const found = keyOf(await readFile(file, 'utf8'), file);
    await chmod(file, onlyOwner);
    return found;
  } catch (error) {
    if (!missing(error)) throw error;
  }
  await makeKey(file);
  return keyOf(await readFile(file, 'utf8'), file);
}
