// Owns: finding the best tier that really works here, by starting `true` in each with the same files that a sandbox has.
// Says in words why a better one does not start.
import { accessSync, constants, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { exitCodeIn } from './exit-reason.ts';
import { launch } from './launcher.ts';
import type { SandboxPaths } from './layout.ts';
import { watchFifo } from './liveness.ts';
import { LocalSetupError, type LocalDriverOptions, type TierName } from './options.ts';
import { logTail, prepareFiles, removeAll } from './sandbox-files.ts';
import { bubblewrapTier, type RootFolder } from './tiers/bubblewrap.ts';
import { plainTier } from './tiers/plain.ts';
import { seccompFilter } from './tiers/seccomp.ts';
import type { Tier, View } from './tiers/tier.ts';
import { unshareTier } from './tiers/unshare.ts';

export interface Detected {
  readonly tier: Tier;
  /** Why better tiers were not taken. */
  readonly refused: readonly string[];
}

const candidates = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32', 'usr', 'nix'];

/** The folders of the host's root that programs need, as links or folders. */
export function rootFolders(): RootFolder[] {
  return candidates.flatMap((name): RootFolder[] => {
    const stats = lstatSync(`/${name}`, { throwIfNoEntry: false });
    if (!stats) return [];
    return stats.isSymbolicLink() ? [{ name, link: readlinkSync(`/${name}`) }] : [{ name }];
  });
}

/** Only where the system keeps its programs: what root starts must not be anybody else's. */
function programPath(name: string): string | undefined {
  return ['/usr/bin', '/bin', '/usr/local/bin', '/usr/sbin']
    .map((folder) => `${folder}/${name}`)
    .find(executable);
}

function executable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

type Found = { readonly tier: Tier } | { readonly missing: string };

function candidateOf(name: TierName): Found {
  const program = name === 'plain' ? undefined : programPath(name === 'bubblewrap' ? 'bwrap' : name);
  if (name === 'plain') return { tier: plainTier(programPath('setpriv')) };
  if (process.platform !== 'linux') return { missing: 'needs Linux' };
  if (program === undefined) {
    return {
      missing:
        name === 'bubblewrap' ? 'is not installed (apt install bubblewrap)' : 'is not installed (util-linux)',
    };
  }
  const root = rootFolders();
  return name === 'bubblewrap'
    ? { tier: bubblewrapTier(program, root, seccompFilter(process.arch)) }
    : { tier: unshareTier(program, root) };
}

export interface Trial {
  /** A folder of its own, which is removed again. */
  readonly paths: SandboxPaths;
  readonly runtime: string;
  readonly uid?: number;
}

const patienceMs = 10_000;

async function tryTier(tier: Tier, { paths, runtime, uid }: Trial): Promise<string | undefined> {
  const owner = uid === undefined ? {} : { uid };
  const cwd = tier.ownView ? '/workspace' : paths.workspace;
  const argv = ['/usr/bin/env', 'true'];
  const view: View = { paths, runtime, ...owner, hostname: 'trial', cwd, argv, environment: [] };
  await prepareFiles(paths, uid);
  const started = launch({ paths, launch: tier.launch(view), cgroups: [], ...owner });
  await started;
  const watch = watchFifo(paths.live);
  const late = new AbortController();
  await Promise.race([
    watch.ended,
    delay(patienceMs, undefined, { signal: late.signal }).catch(() => undefined),
  ]);
  late.abort();
  watch.close();
  const code = exitCodeIn(readFileSync(paths.status, 'utf8'));
  if (code === 0) return undefined;
  return (await logTail(paths, 2)) || (code === undefined ? 'it does not end' : `exit code ${code}`);
}

async function whyNot(tier: Tier, trial: Trial): Promise<string | undefined> {
  try {
    return await tryTier(tier, trial);
  } catch (fault) {
    return fault instanceof Error ? fault.message : String(fault);
  } finally {
    await removeAll(trial.paths);
  }
}

/** The best tier that starts, or the one asked for. Throws LocalSetupError when that one does not start. */
export async function detectTier(wanted: LocalDriverOptions['tier'], trial: Trial): Promise<Detected> {
  const names: TierName[] =
    wanted === undefined || wanted === 'auto' ? ['bubblewrap', 'unshare', 'plain'] : [wanted];
  const refused: string[] = [];
  for (const name of names) {
    const found = candidateOf(name);
    const why = 'missing' in found ? found.missing : await whyNot(found.tier, trial);
    if ('tier' in found && why === undefined) return { tier: found.tier, refused };
    refused.push('missing' in found ? `${name} ${found.missing}` : `${name} does not start here: ${why}`);
  }
  throw new LocalSetupError(`no sandbox can be started: ${refused.join('; ')}`);
}
