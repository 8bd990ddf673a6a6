// Owns: making, emptying and removing one sandbox's folder, with the owners that let its uid and nobody else's in.
import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { makeFifo } from './liveness.ts';
import type { SandboxPaths } from './layout.ts';

const run = promisify(execFile);

async function ownedFolder(folder: string, uid: number | undefined): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700);
  if (uid !== undefined) await chown(folder, uid, uid);
}

/** The run dir begins empty each time: sockets and busy marks of ended processes mean nothing. */
async function freshRunDir(paths: SandboxPaths, uid: number | undefined): Promise<void> {
  await rm(paths.run, { recursive: true, force: true });
  await ownedFolder(paths.run, uid);
  await ownedFolder(paths.busy, uid);
}

async function ownWorkspace(paths: SandboxPaths, uid: number | undefined): Promise<void> {
  await ownedFolder(paths.workspace, uid);
  const mixed = uid !== undefined && (await readdir(paths.workspace)).length > 0;
  if (mixed && (await stat(path.join(paths.workspace, '.'))).uid !== uid) {
    await run('chown', ['-Rh', `${uid}:${uid}`, paths.workspace]);
  }
}

/** Makes all that a start needs; the workspace is kept when it is there. */
export async function prepareFiles(paths: SandboxPaths, uid: number | undefined): Promise<void> {
  await mkdir(paths.root, { recursive: true });
  await chmod(paths.root, uid === undefined ? 0o700 : 0o711);
  await Promise.all([
    makeFifo(paths.live),
    freshRunDir(paths, uid),
    ownWorkspace(paths, uid),
    ownedFolder(paths.mount, uid),
  ]);
}

/** Removes what only processes need; the record, the workspace and the log stay. */
export async function removeRunFiles(paths: SandboxPaths): Promise<void> {
  const goes = [paths.run, paths.live, paths.status, paths.plan, `${paths.plan}.bpf`, paths.mount];
  await Promise.all(goes.map((name) => rm(name, { recursive: true, force: true })));
}

/** Removes everything, also folders that the sandbox made unreadable. The record goes last. */
export async function removeAll(paths: SandboxPaths): Promise<void> {
  const gone = await rm(paths.workspace, { recursive: true, force: true }).then(
    () => true,
    () => false,
  );
  if (!gone) await run('chmod', ['-R', 'u+rwX', paths.workspace]).catch(() => undefined);
  await rm(paths.workspace, { recursive: true, force: true });
  await removeRunFiles(paths);
  await rm(paths.root, { recursive: true, force: true });
}

const tailBytes = 4_096;

/** The last lines of its output, as one text; empty when it wrote nothing. */
export async function logTail(paths: SandboxPaths, lines = 5): Promise<string> {
  try {
    const file = await open(paths.log, 'r');
    try {
      const { size } = await file.stat();
      const buffer = Buffer.alloc(Math.min(size, tailBytes));
      await file.read(buffer, 0, buffer.length, size - buffer.length);
      return buffer.toString('utf8').trim().split('\n').slice(-lines).join('\n').trim();
    } finally {
      await file.close();
    }
  } catch {
    return '';
  }
}

const longestLog = 8 * 1024 * 1024;
const keptOfLog = 256 * 1024;

/** Keeps the end of a log that grew too long. Its writers append, so they go on behind what is kept. */
export async function trimLog(paths: SandboxPaths): Promise<void> {
  const { size } = await stat(paths.log);
  if (size <= longestLog) return;
  const file = await open(paths.log, 'r+');
  try {
    const kept = Buffer.alloc(keptOfLog);
    const { bytesRead } = await file.read(kept, 0, keptOfLog, size - keptOfLog);
    await file.truncate(0);
    await file.write(kept, 0, bytesRead, 0);
  } finally {
    await file.close();
  }
}

const mostNames = 20;

// Everything but letters, digits and a few marks: the names are the sandbox's and reach logs and answers.
const unsafe = /[^\w .:@#+-]/g;

/** Names of what the sandbox says it works on; none when there is nothing to read. */
export async function busyNames(paths: SandboxPaths): Promise<string[]> {
  const names = await readdir(paths.busy).catch(() => []);
  return names.slice(0, mostNames).map((name) => name.slice(0, 100).replace(unsafe, '?'));
}
