// The platform that runs on this machine, by what it wrote into its data folder. Does not start it, nor ask it anything.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { variable, type Io } from '../io.ts';

export interface LocalPlatform {
  readonly dataDir: string;
  readonly pid: number;
  readonly controlUrl: string;
  readonly activatorUrl: string;
  /** Of `npm start`; it may not be readable for whoever did not start it. */
  readonly kubeconfig: string;
}

type Where = Pick<Io, 'env' | 'home'>;

/** Where it may be: where it is said to be, else root's folder and one's own. */
export function dataDirs(io: Where): string[] {
  const said = variable(io, 'AGENTCUBE_DATA_DIR');
  if (said !== undefined) return [path.resolve(said)];
  const own = path.join(variable(io, 'XDG_STATE_HOME') ?? path.join(io.home, '.local/state'), 'agentcube');
  return process.getuid?.() === 0 ? ['/var/lib/agentcube'] : [own, '/var/lib/agentcube'];
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (fault) {
    return (fault as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function platformIn(dataDir: string): LocalPlatform | undefined {
  try {
    const { pid, controlUrl, activatorUrl } = JSON.parse(
      readFileSync(path.join(dataDir, 'endpoints.json'), 'utf8'),
    ) as Record<string, unknown>;
    if (typeof pid !== 'number' || typeof controlUrl !== 'string' || typeof activatorUrl !== 'string')
      return undefined;
    return lives(pid)
      ? { dataDir, pid, controlUrl, activatorUrl, kubeconfig: path.join(dataDir, 'kubeconfig') }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined when none runs, as far as can be seen. */
export const localPlatform = (io: Where): LocalPlatform | undefined =>
  dataDirs(io)
    .map(platformIn)
    .find((found) => found !== undefined);
