// What the node agent remembers of each pod: one file per pod in a folder of the node, a line of JSON for each change, of which the last
// whole one counts. A line that tells whose the pod is survives a loss of power; one that only tells a newer version survives the end of the
// process, for after a loss of power the containers are new ones and no order for the old ones is under way.
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { open, rename } from 'node:fs/promises';
import path from 'node:path';
import type { PodRecord, Records } from '../../nodeagent/ports.ts';

const suffix = '.jsonl';
/** A file that grew so long is written anew (bytes). */
const longestFile = 64 * 1024;
/** A uid becomes a file name, so it is one and nothing else. */
const isUid = (text: string): boolean => /^[0-9a-zA-Z-]{1,64}$/.test(text);

interface Kept {
  readonly record: PodRecord;
  /** Of the file; `longestFile` when nothing may be added to it. */
  readonly length: number;
}

function parse(line: string): PodRecord | undefined {
  try {
    const found = JSON.parse(line) as Partial<PodRecord> | null;
    return typeof found?.uid === 'string' ? (found as PodRecord) : undefined;
  } catch {
    return undefined;
  }
}

/** A process that was killed in the middle of a line leaves the lines before it. */
function readKept(text: string): Kept | undefined {
  const lines = text.split('\n');
  const whole = lines.pop() === '';
  const records = lines.map(parse);
  const record = records.findLast((one) => one !== undefined);
  const sound = whole && records.at(-1) !== undefined;
  return record && { record, length: sound ? Buffer.byteLength(text) : longestFile };
}

function readFolder(folder: string, onBroken: (file: string) => void): Map<string, Kept> {
  const found = new Map<string, Kept>();
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name);
    if (!name.endsWith(suffix)) {
      rmSync(file, { force: true });
      continue;
    }
    const kept = readKept(readFileSync(file, 'utf8'));
    if (kept) found.set(kept.record.uid, kept);
    else onBroken(file);
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

async function replaceDurably(file: string, text: string): Promise<void> {
  const draft = `${file}.new`;
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

function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/**
 * Opens the folder, made when it is not there, and reads all that is in it. Throws the file system's own error when it may not.
 * Writes of one pod must not overlap. A file without any record is told to `onBroken` and left.
 */
export function openRecords(folder: string, onBroken: (file: string) => void): Records {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const all = readFolder(folder, onBroken);
  const fileOf = (uid: string): string => path.join(folder, `${uid}${suffix}`);
  return {
    find: (uid) => all.get(uid)?.record,
    list: () => [...all.values()].map(({ record }) => record),
    async write(record, durable) {
      if (!isUid(record.uid)) throw new Error(`not a uid: ${record.uid}`);
      const file = fileOf(record.uid);
      const line = `${JSON.stringify(record)}\n`;
      const before = all.get(record.uid)?.length ?? longestFile;
      const added = !durable && before < longestFile;
      if (added) appendFileSync(file, line);
      else if (durable) await replaceDurably(file, line);
      else replace(file, line);
      all.set(record.uid, { record, length: (added ? before : 0) + Buffer.byteLength(line) });
    },
    remove(uid) {
      if (all.delete(uid)) rmSync(fileOf(uid), { force: true });
    },
  };
}
