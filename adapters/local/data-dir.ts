// Owns: that the data dir exists with the modes that sandboxes need, before anything is made in it.
// As root, sandboxes run under uids of their own: they must be able to walk to their folder and not to list it.
import { chmodSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { bytesTooLong, layoutOf, type Layout } from './layout.ts';
import { LocalSetupError } from './options.ts';

const ancestors = (folder: string): string[] => {
  const parent = path.dirname(folder);
  return parent === folder ? [] : [parent, ...ancestors(parent)];
};

function checkReachable(dataDir: string): void {
  const shut = ancestors(dataDir).find((folder) => (statSync(folder).mode & 0o001) === 0);
  if (shut === undefined) return;
  const cure = `choose a data folder outside of it, such as /var/lib/agentcube, or allow it with: chmod o+x ${shut}`;
  throw new LocalSetupError(
    `sandboxes of root run as unprivileged users, and ${shut} is closed to those: ${cure}`,
  );
}

function makeFolders(layout: Layout, mode: number): void {
  for (const folder of [layout.dataDir, layout.images, layout.runtime, layout.sandboxes]) {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, mode);
  }
}

function usable<T>(dataDir: string, work: () => T): T {
  try {
    return work();
  } catch (fault) {
    const why = fault instanceof Error ? fault.message : String(fault);
    const cure = 'give it to this user, or choose another data folder';
    throw new LocalSetupError(`the data folder ${dataDir} cannot be used (${why}): ${cure}`, fault);
  }
}

/** Makes the data dir (absolute path) and its folders. Throws LocalSetupError when sandboxes could not work in it. */
export function prepareDataDir(dataDir: string, asRoot: boolean): Layout {
  if (!path.isAbsolute(dataDir))
    throw new LocalSetupError(`the data folder must be an absolute path: ${dataDir}`);
  const real = usable(dataDir, () => {
    mkdirSync(dataDir, { recursive: true, mode: 0o711 });
    return realpathSync(dataDir);
  });
  const excess = bytesTooLong(real);
  if (excess > 0) {
    const message = `the path of the data folder is ${excess} bytes too long for unix sockets in it: ${real}`;
    throw new LocalSetupError(`${message}; choose a shorter one`);
  }
  const layout = layoutOf(real);
  usable(dataDir, () => makeFolders(layout, asRoot ? 0o711 : 0o700));
  if (asRoot) checkReachable(real);
  return layout;
}
