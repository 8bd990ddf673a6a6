// A folder of YAML kept applied: every manifest below it at the start, and again when anything below it changes.
// A file with a problem changes nothing of what runs; the other files are applied. Removing a file deletes nothing, as with kubectl apply.
import { watch } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Cancel, Clock } from '../model/clock.ts';
import { asPlatformError } from '../model/errors.ts';
import type { Problem } from '../model/problem.ts';
import type { Resource } from '../model/resource.ts';
import { duplicates, placedIn, readManifests, type Placed } from './manifests.ts';

export interface Applied {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly what: 'created' | 'configured' | 'unchanged';
  readonly warnings: readonly string[];
}

export interface FolderReport {
  readonly applied: readonly Applied[];
  readonly problems: readonly Problem[];
}

/** Rejects with a PlatformError when the object is refused. */
export type Apply = (resource: Resource) => Promise<Applied>;

export const imageTableName = 'images.yaml';

const quietMs = 200;
const isYaml = (file: string): boolean => /\.ya?ml$/.test(file);
const hidden = /(^|\/)(node_modules|\.[^/]+)(\/|$)/;

/** Every YAML file below a folder, or the one file given; in order of name. Rejects as fs does. */
async function yamlFiles(target: string): Promise<string[]> {
  if (isYaml(target)) return [target];
  const entries = await readdir(target, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && isYaml(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !hidden.test(path.relative(target, file)))
    .sort();
}

/** The image tables below a folder. Rejects as fs does. */
export const imageTablesIn = async (folder: string): Promise<string[]> =>
  (await yamlFiles(folder)).filter((file) => path.basename(file) === imageTableName);

const refused = (fault: unknown, file: string, line: number): Problem => {
  const error = asPlatformError(fault);
  return { file, line, path: '', message: error.message, expected: error.details.reason ?? '' };
};

interface ReadFolder {
  /** Of files without a problem only. */
  readonly manifests: readonly Placed[];
  readonly problems: readonly Problem[];
}

/** Triggers come after all runtimes, whichever file they are in. */
const rank = ({ resource }: Placed): number => (resource.kind === 'Trigger' ? 1 : 0);

async function readFolder(folder: string): Promise<ReadFolder> {
  const files = (await yamlFiles(folder)).filter((file) => path.basename(file) !== imageTableName);
  const read = await Promise.all(
    files.map(async (file) => {
      const shown = path.relative(process.cwd(), file);
      return { file: shown, ...readManifests(shown, await readFile(file, 'utf8')) };
    }),
  );
  const found = read.flatMap(({ file, ...manifests }) => placedIn(file, manifests));
  const manifests = [...found].sort((one, other) => rank(one) - rank(other));
  const problems = [...read.flatMap((one) => one.problems), ...duplicates(manifests)];
  const bad = new Set(problems.map((problem) => problem.file));
  return { manifests: manifests.filter(({ file }) => !bad.has(file)), problems };
}

/** Applies every manifest below a folder once. Rejects only when the folder cannot be read. */
export async function applyFolder(folder: string, apply: Apply): Promise<FolderReport> {
  const { manifests, problems } = await readFolder(folder);
  const applied: Applied[] = [];
  const refusals: Problem[] = [];
  for (const { resource, file, line } of manifests) {
    await apply(resource).then(
      (one) => applied.push(one),
      (fault: unknown) => refusals.push(refused(fault, file, line)),
    );
  }
  return { applied, problems: [...problems, ...refusals] };
}

/** Calls `onChange` once things below the folder have been quiet for a moment after a change. */
export function watchFolder(folder: string, clock: Clock, onChange: () => void): Cancel {
  let pending: Cancel = () => undefined;
  const watcher = watch(folder, { recursive: true }, (_, name) => {
    if (name !== null && hidden.test(name)) return;
    pending();
    pending = clock.after(quietMs, onChange);
  });
  return () => {
    pending();
    watcher.close();
  };
}
