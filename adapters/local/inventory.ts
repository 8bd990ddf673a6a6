// Owns: finding what an earlier platform left in the data dir and among the cgroups, before anything new is made.
import { readdir } from 'node:fs/promises';
import type { Host } from './host.ts';
import type { Layout } from './layout.ts';
import { readRecord, type SandboxRecord } from './record.ts';
import { removeOtherVersions } from './runtime-files.ts';
import { Sandbox } from './sandbox.ts';

/** Records by id; undefined for a folder whose record was never written. */
export async function readInventory(layout: Layout): Promise<Map<string, SandboxRecord | undefined>> {
  const ids = await readdir(layout.sandboxes);
  return new Map(ids.map((id) => [id, readRecord(layout.sandbox(id).record)]));
}

/** Takes hold of every sandbox that lives, cleans up after those that do not, and removes what belongs to none. */
export async function adoptAll(
  host: Host,
  records: ReadonlyMap<string, SandboxRecord | undefined>,
): Promise<Map<string, Sandbox>> {
  const strays = (await host.cgroups?.ids())?.filter((id) => !records.has(id)) ?? [];
  const all = new Map<string, Sandbox>();
  for (const id of [...records.keys(), ...strays]) all.set(id, new Sandbox(host, id, records.get(id)));
  await Promise.all([...all].map(([id, sandbox]) => adoptOne(host, id, sandbox)));
  for (const [id, sandbox] of all) if (!sandbox.found()) all.delete(id);
  return all;
}

async function adoptOne(host: Host, id: string, sandbox: Sandbox): Promise<void> {
  try {
    await sandbox.adopt();
  } catch (fault) {
    host.log('error', 'a sandbox that was left behind could not be taken over', { sandbox: id, fault });
  }
}

/** Removes runtimes and images that no sandbox was started with. */
export async function removeUnused(
  host: Pick<Host, 'layout' | 'runtime'>,
  records: ReadonlyMap<string, SandboxRecord | undefined>,
): Promise<void> {
  const known = [...records.values()].filter((record) => record !== undefined);
  await removeOtherVersions(
    host.layout.runtime,
    new Set([host.runtime.id, ...known.map(({ runtime }) => runtime)]),
  );
  await removeOtherVersions(host.layout.images, new Set(known.map(({ image }) => image.digest)));
}
