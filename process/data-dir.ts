// The data folder that programs on one machine share: where it is by default, and that it can be used.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { access, constants, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { identify, readHolder } from '../adapters/local/lock.ts';
import { StartError } from './failing.ts';

export const defaultDataDir = (): string =>
  process.getuid?.() === 0
    ? '/var/lib/agentcube'
    : path.join(process.env.XDG_STATE_HOME ?? path.join(os.homedir(), '.local/state'), 'agentcube');

/** Makes it. Also seen to be writable, before the first of many files in it says so in its own words. */
export async function makeDataDir(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o711 });
    await access(dataDir, constants.W_OK | constants.X_OK);
  } catch (fault) {
    const why = (fault as Error).message;
    throw new StartError(
      `the data folder ${dataDir} cannot be used (${why}); choose another with --data-dir`,
    );
  }
}

/** Where the platform in one process says that it runs, and for whom. */
export const endpointsFileIn = (dataDir: string): string => path.join(dataDir, 'endpoints.json');

/** The table of images that were built on this machine, by `agentcube build`. */
export const builtImagesIn = (dataDir: string): string => path.join(dataDir, 'images.yaml');

function endpointsPid(dataDir: string): number | undefined {
  try {
    return (JSON.parse(readFileSync(endpointsFileIn(dataDir), 'utf8')) as { pid?: number }).pid;
  } catch {
    return undefined;
  }
}

/**
 * Throws while a platform in one process uses the folder: a leader takes the sandboxes from whoever has them, which is meant for
 * the leader before it and would end that platform.
 */
export function refusePlatformIn(dataDir: string): void {
  const holder = readHolder(dataDir);
  if (!holder || holder.pid !== endpointsPid(dataDir)) return;
  const { startedAt } = identify(holder.pid);
  if (startedAt === undefined || startedAt !== holder.startedAt) return;
  throw new StartError(
    `the data folder ${dataDir} is in use by npm start (process ${holder.pid}): stop it, or choose another with --data-dir`,
  );
}

/** The key that activators sign with and sandboxes verify; whoever comes first makes it. */
export const keyFileIn = (dataDir: string): string => path.join(dataDir, 'router-key.pem');

/** What tells this data folder from every other, also under another name: made by whoever comes first, whole or not at all. */
export async function dataDirId(dataDir: string): Promise<string> {
  const file = path.join(dataDir, 'data-id');
  const draft = `${file}.${randomUUID()}.new`;
  await writeFile(draft, randomUUID());
  await link(draft, file).catch((fault: NodeJS.ErrnoException) => {
    if (fault.code !== 'EEXIST') throw fault;
  });
  await rm(draft, { force: true });
  return readFile(file, 'utf8');
}
