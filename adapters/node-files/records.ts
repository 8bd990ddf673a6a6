// What the node agent remembers of each pod: one JSON file per pod in a folder of the node. Owns that a file is whole or not there.
// A record that tells whose the pod is survives a loss of power; one that only tells a newer version survives the end of the process,
// for after a loss of power the containers are new ones and no order for the old ones is under way.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import path from 'node:path';
import type { PodRecord, Records } from '../../nodeagent/ports.ts';

const suffix = '.json';
/** A uid becomes a file name, so it is one and nothing else. */
const isUid = (text: string): boolean => /^[0-9a-zA-Z-]{1,64}$/.test(text);

function readRecords(folder: string, onBroken: (file: string) => void): Map<string, PodRecord> {
  const found = new Map<string, PodRecord>();
  for (const file of readdirSync(folder)) {
    if (!file.endsWith(suffix)) {
      rmSync(path.join(folder, file), { force: true });
      continue;
    }
    try {
      const record = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as PodRecord;
      found.set(record.uid, record);
    } catch {
      onBroken(path.join(folder, file));
    }
  }
  return found;
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeDurably(draft: string, file: string, text: string): Promise<void> {
  const handle = await open(draft, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
  await syncFolder(path.dirname(file));
}

/**
 * Opens the folder, made when it is not there, and reads all that is in it. Throws the file system's own error when it may not.
 * Writes of one pod must not overlap. A file that is no record is told to `onBroken` and left.
 */
export function openRecords(folder: string, onBroken: (file: string) => void): Records {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const records = readRecords(folder, onBroken);
  const fileOf = (uid: string): string => path.join(folder, `${uid}${suffix}`);
  return {
    find: (uid) => records.get(uid),
    list: () => [...records.values()],
    async write(record, durable) {
      if (!isUid(record.uid)) throw new Error(`not a uid: ${record.uid}`);
      const file = fileOf(record.uid);
      const draft = `${file}.new`;
      const text = JSON.stringify(record);
      if (durable) await writeDurably(draft, file, text);
      else {
        writeFileSync(draft, text, { mode: 0o600 });
        renameSync(draft, file);
      }
      records.set(record.uid, record);
    },
    remove(uid) {
      if (records.delete(uid)) rmSync(fileOf(uid), { force: true });
    },
  };
}
