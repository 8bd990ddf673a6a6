// Owns: image folders. A folder is copied under the digest of its content when it is resolved, so that what a sandbox
// runs never changes under it. Does not own what a name means (image-match.ts).
import { createHash, type Hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, readFile, readlink, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Images } from '../../controller/driver.ts';
import { PlatformError } from '../../model/errors.ts';
import { matchImage } from './image-match.ts';
import type { LocalImage, Variable } from './options.ts';

/** What a sandbox of an image runs; kept in its record, so that a restart runs the same. */
export interface ImageUse {
  readonly digest: string;
  /** The code daemon has no folder of its own. */
  readonly daemon: boolean;
  readonly command: readonly string[];
  readonly environment: readonly Variable[];
}

export interface ImageTable extends Images {
  /** What to run for an image: as last resolved. Rejects with UNKNOWN_IMAGE, or SANDBOX_START_FAILED when its folder cannot be read. */
  use(image: string): Promise<ImageUse>;
}

const skipped = new Set(['.git']);

interface Entry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link';
}

async function entriesOf(folder: string, below = ''): Promise<Entry[]> {
  const found: Entry[] = [];
  const listed = await readdir(path.join(folder, below), { withFileTypes: true });
  for (const item of listed.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (skipped.has(item.name)) continue;
    const name = path.join(below, item.name);
    if (item.isSymbolicLink()) found.push({ name, kind: 'link' });
    else if (item.isFile()) found.push({ name, kind: 'file' });
    else if (item.isDirectory()) found.push({ name, kind: 'folder' }, ...(await entriesOf(folder, name)));
  }
  return found;
}

async function hashEntry(hash: Hash, folder: string, { name, kind }: Entry): Promise<void> {
  const full = path.join(folder, name);
  if (kind === 'folder') return void hash.update(JSON.stringify(['folder', name]));
  if (kind === 'link') return void hash.update(JSON.stringify(['link', name, await readlink(full)]));
  const content = await readFile(full);
  const executable = ((await stat(full)).mode & 0o111) !== 0;
  hash.update(JSON.stringify(['file', name, executable, content.length])).update(content);
}

/** Hex digest of what would run: names, content, executable bits, command and variables. */
export async function imageDigest(image: LocalImage): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([image.command ?? [], image.environment ?? []]));
  for (const entry of await entriesOf(image.folder)) await hashEntry(hash, image.folder, entry);
  return hash.digest('hex').slice(0, 32);
}

async function readableByAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const { name, kind } of await entriesOf(folder)) {
    const full = path.join(folder, name);
    if (kind === 'folder') await chmod(full, 0o755);
    if (kind === 'file') await chmod(full, ((await stat(full)).mode & 0o111) === 0 ? 0o644 : 0o755);
  }
}

async function keepCopy(image: LocalImage, imagesDir: string, digest: string): Promise<void> {
  const target = path.join(imagesDir, digest);
  if (existsSync(target)) return;
  const building = `${target}.part`;
  await rm(building, { recursive: true, force: true });
  await mkdir(building);
  const filter = (source: string): boolean => !skipped.has(path.basename(source)) || source === image.folder;
  await cp(image.folder, building, { recursive: true, verbatimSymlinks: true, filter });
  await readableByAll(building);
  await rename(building, target);
}

const asStartFailure = (image: string, fault: unknown): PlatformError => {
  const reason = `the folder of image ${image} cannot be read: ${fault instanceof Error ? fault.message : String(fault)}`;
  return new PlatformError('SANDBOX_START_FAILED', reason, { reason });
};

/** `daemonDigest` names the version of the code daemon that sandboxes would run. */
export function createImageTable(
  table: () => readonly LocalImage[],
  imagesDir: string,
  daemonDigest: string,
): ImageTable {
  const daemon: ImageUse = { digest: daemonDigest, daemon: true, command: [], environment: [] };
  const resolved = new Map<string, ImageUse>();
  const copying = new Map<string, Promise<void>>();

  async function keep(entry: LocalImage): Promise<ImageUse> {
    const digest = await imageDigest(entry);
    // One copy at a time of the same content, however many sandboxes ask and whichever table named it.
    const copy =
      copying.get(digest) ?? keepCopy(entry, imagesDir, digest).finally(() => copying.delete(digest));
    copying.set(digest, copy);
    await copy;
    return { digest, daemon: false, command: entry.command ?? [], environment: entry.environment ?? [] };
  }

  async function find(image: string): Promise<ImageUse | { readonly known: readonly string[] }> {
    const match = matchImage(table(), image);
    if ('known' in match) return match;
    if ('daemon' in match) return daemon;
    const use = await keep(match.entry).catch((fault: unknown) =>
      Promise.reject(asStartFailure(image, fault)),
    );
    resolved.set(image, use);
    return use;
  }

  return {
    async resolve(image) {
      const found = await find(image);
      return 'known' in found ? found : { digest: found.digest };
    },
    async use(image) {
      const found = resolved.get(image) ?? (await find(image));
      if (!('known' in found)) return found;
      const known = found.known.join(', ');
      throw new PlatformError('UNKNOWN_IMAGE', `no local image is called ${image}; known are: ${known}`);
    },
  };
}
