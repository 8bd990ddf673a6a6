// Owns: the author kit as a package that sandboxes find: `import { serve } from 'agentcube/agent'` works in an agent that brought
// nothing along. An agent that has a copy in its own folder takes that one.
import { existsSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { LocalSetupError } from './options.ts';

/** What may be imported, and the source below the kit's folder without its ending. */
const entries: Readonly<Record<string, string>> = { index: 'index', agent: 'agent/index' };

const manifest = JSON.stringify({
  name: 'agentcube',
  type: 'module',
  exports: { '.': './index.mjs', './agent': './agent.mjs' },
});

/** Packages that are not modules of the language ask for Node's own by `require`. */
const banner =
  "import { createRequire as kitRequire } from 'node:module'; const require = kitRequire(import.meta.url);";

function entryPoints(sourceDir: string): Record<string, string> {
  const source = (name: string): string => {
    const found = ['.ts', '.js'].map((ending) => path.join(sourceDir, name + ending)).find(existsSync);
    if (found === undefined) throw new LocalSetupError(`there is no author kit in ${sourceDir}`);
    return found;
  };
  return Object.fromEntries(Object.entries(entries).map(([out, name]) => [out, source(name)]));
}

/** Writes the package below `<folder>/node_modules`, with all that it imports in it. */
export async function bundleKit(sourceDir: string, folder: string): Promise<void> {
  const outdir = path.join(folder, 'node_modules', 'agentcube');
  await mkdir(outdir, { recursive: true, mode: 0o755 });
  await build({
    ...{
      bundle: true,
      splitting: true,
      platform: 'node',
      format: 'esm',
      target: 'node24',
      logLevel: 'silent',
    },
    ...{ outdir, outExtension: { '.js': '.mjs' }, banner: { js: banner } },
    entryPoints: entryPoints(sourceDir),
  });
  await writeFile(path.join(outdir, 'package.json'), manifest);
  await chmod(path.dirname(outdir), 0o755);
  await chmod(outdir, 0o755);
  for (const name of await readdir(outdir)) await chmod(path.join(outdir, name), 0o644);
}

/** Where it stands in for `/node_modules` when sandboxes have no view of their own: above the images' folders. */
export function linkKit(dataDir: string, runtimeFolder: string): void {
  const link = path.join(dataDir, 'node_modules');
  const target = path.join(runtimeFolder, 'node_modules');
  if (linkedTo(link) === target) return;
  rmSync(link, { force: true });
  symlinkSync(target, link);
}

function linkedTo(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}
