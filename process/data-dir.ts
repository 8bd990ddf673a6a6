// The data folder that programs on one machine share: where it is by default, and that it can be used.
import { access, constants, mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
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

/** The key that activators sign with and sandboxes verify; whoever comes first makes it. */
export const keyFileIn = (dataDir: string): string => path.join(dataDir, 'router-key.pem');
