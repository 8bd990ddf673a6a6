// Owns: files of the machine that the SDK runs on: reading one piece by piece, and writing one whole or not at all.
// Does not own: where the bytes go or come from. Node only; elsewhere it rejects with NOT_SUPPORTED_HERE.
import { builtin } from './environment.ts';
import { AgentCubeError } from './errors.ts';

function modules(feature: string) {
  const fs = builtin('node:fs');
  const path = builtin('node:path');
  if (fs && path) return { fs, path };
  throw new AgentCubeError('NOT_SUPPORTED_HERE', `there are no local files here for ${feature}`, { feature });
}

/** A file's bytes, and how many there are. Rejects with Node's own error when it cannot be opened. */
export async function openLocal(
  localPath: string,
): Promise<{ source: AsyncIterable<Uint8Array>; length: number | undefined }> {
  const { fs } = modules('files.upload');
  const stats = await fs.promises.stat(localPath);
  // What is no file (a pipe, a device) has no length that counts.
  return { source: fs.createReadStream(localPath), length: stats.isFile() ? stats.size : undefined };
}

/** Writes beside the file first, so that nobody sees half of it. */
export async function saveLocal(localPath: string, source: AsyncIterable<Uint8Array>): Promise<void> {
  const { fs, path } = modules('files.download');
  await fs.promises.mkdir(path.dirname(localPath), { recursive: true });
  const beside = `${localPath}.${crypto.randomUUID().slice(0, 8)}.part`;
  try {
    await fs.promises.writeFile(beside, source, { flag: 'wx' });
    await fs.promises.rename(beside, localPath);
  } catch (fault) {
    await fs.promises.rm(beside, { force: true });
    throw fault;
  }
}
