// Runtimes and triggers in files that a person names: which files there are, what is in them, and every problem with its line,
// before anything is sent. Does not own what is valid (model/resource.ts). Files of images.yaml's kind are passed over.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { isMap, isNode, isScalar, isSeq, LineCounter, parseAllDocuments, type Document } from 'yaml';
import type { PathSegment } from '../model/path.ts';
import type { Problem } from '../model/problem.ts';
import { validateResource, type Resource } from '../model/resource.ts';
import { misused, textOf } from './failure.ts';
import type { Io } from './io.ts';

export interface Manifest {
  readonly resource: Resource;
  /** As it is written: no field was filled in. */
  readonly value: Readonly<Record<string, unknown>>;
  /** `agent.yaml:3`. */
  readonly where: string;
}

interface Text {
  /** As the person would call it. */
  readonly name: string;
  readonly text: string;
}

const isYaml = (name: string): boolean => /\.(ya?ml|json)$/i.test(name);
const skipped = new Set(['node_modules', 'package.json', 'package-lock.json', 'tsconfig.json']);

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.') && !skipped.has(name))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      const below = path.join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(below) : isYaml(entry.name) ? [below] : [];
    });
}

function readFile(io: Io, name: string): Text[] {
  const file = path.resolve(io.cwd, name);
  try {
    if (!statSync(file).isDirectory()) return [{ name, text: readFileSync(file, 'utf8') }];
    const found = filesBelow(file);
    if (found.length === 0)
      throw misused(
        `${name}: there is no YAML in this folder`,
        'name a file that ends in .yaml, .yml or .json',
      );
    return found.map((one) => ({ name: path.relative(io.cwd, one) || one, text: readFileSync(one, 'utf8') }));
  } catch (fault) {
    const { code } = fault as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw misused(`${name}: there is no such file or folder`);
    throw code === undefined ? fault : misused(`${name}: cannot be read (${code})`);
  }
}

/** The texts of files, folders and `-`. */
async function textsOf(io: Io, names: readonly string[]): Promise<Text[]> {
  const texts: Text[] = [];
  for (const name of names) {
    if (/^https?:/.test(name))
      throw misused(`${name}: files and folders only`, 'fetch it first, and give it as -f -');
    if (name === '-') texts.push({ name: 'standard input', text: await readAll(io.stdin) });
    else texts.push(...readFile(io, name));
  }
  return texts;
}

interface Source {
  readonly name: string;
  readonly doc: Document.Parsed;
  readonly lines: LineCounter;
}

type Path = readonly PathSegment[];

const offsetOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined);

function below(
  node: unknown,
  segment: PathSegment,
): { readonly node: unknown; readonly offset: number | undefined } {
  if (isSeq(node))
    return { node: node.items[Number(segment)], offset: offsetOf(node.items[Number(segment)]) };
  const pair = isMap(node)
    ? node.items.find(({ key }) => isScalar(key) && String(key.value) === String(segment))
    : undefined;
  return { node: pair?.value, offset: offsetOf(pair?.key) };
}

/** The line of what a path names, or of the nearest above it that the text has. */
function lineAt({ doc, lines }: Source, at: Path): number {
  let node: unknown = doc.contents;
  let offset = offsetOf(node) ?? doc.range[0];
  for (const segment of at) {
    const next = below(node, segment);
    if (next.offset === undefined) break;
    ({ node, offset } = { node: next.node, offset: next.offset });
  }
  return lines.linePos(offset).line;
}

interface Read {
  readonly manifests: readonly Manifest[];
  readonly problems: readonly string[];
}

const sentence = ({ file, line, path: at, message, expected }: Problem): string => {
  const where = [file, line].filter((part) => part !== undefined).join(':');
  const what = [where, at, message].filter((part) => part !== '').join(': ');
  return expected === '' ? what : `${what} (expected ${expected})`;
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isImageTable = (value: unknown): boolean => isObject(value) && 'images' in value && !('kind' in value);

function readValue(source: Source, value: unknown, at: Path): Read {
  if (isObject(value) && value['kind'] === 'List' && Array.isArray(value['items'])) {
    return merged(value['items'].map((item, index) => readValue(source, item, ['items', index])));
  }
  const checked = validateResource(value, (within) => ({
    file: source.name,
    line: lineAt(source, [...at, ...within]),
  }));
  if (!checked.ok) return { manifests: [], problems: checked.problems.map(sentence) };
  const where = `${source.name}:${lineAt(source, at)}`;
  return {
    manifests: [{ resource: checked.resource, value: value as Record<string, unknown>, where }],
    problems: [],
  };
}

function readDocument(source: Source): Read {
  const { doc, name, lines } = source;
  const [error] = doc.errors;
  if (error) {
    const line = error.linePos?.[0].line ?? lines.linePos(doc.range[0]).line;
    const message = (error.message.split('\n', 1)[0] ?? '').replace(/ at line .*$/, '');
    return { manifests: [], problems: [`${name}:${line}: not YAML: ${message}`] };
  }
  try {
    const value = doc.toJS({ maxAliasCount: 100 }) as unknown;
    return value === null || value === undefined || isImageTable(value)
      ? merged([])
      : readValue(source, value, []);
  } catch (fault) {
    return { manifests: [], problems: [`${name}: ${textOf(fault)}`] };
  }
}

const merged = (parts: readonly Read[]): Read => ({
  manifests: parts.flatMap(({ manifests }) => manifests),
  problems: parts.flatMap(({ problems }) => problems),
});

function readText({ name, text }: Text): Read {
  const lines = new LineCounter();
  const docs = parseAllDocuments(text, { lineCounter: lines, merge: true, logLevel: 'silent' });
  return merged((Array.isArray(docs) ? docs : []).map((doc) => readDocument({ name, doc, lines })));
}

/** How many problems are told; the rest are counted. */
const mostTold = 10;

/** Two of the same name in one command would be applied one over the other. */
function repeated(manifests: readonly Manifest[]): string[] {
  const seen = new Map<string, string>();
  return manifests.flatMap(({ resource, where }) => {
    const { kind, metadata } = resource;
    const key = `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
    const earlier = seen.get(key);
    seen.set(key, earlier ?? where);
    return earlier === undefined ? [] : [`${where}: ${key} is also in ${earlier}`];
  });
}

/** All that the files hold, runtimes before triggers. Rejects with every problem of every file. */
export async function readManifests(io: Io, names: readonly string[]): Promise<readonly Manifest[]> {
  if (names.length === 0) throw misused('say which files: -f FILE, -f FOLDER, or -f - for standard input');
  const { manifests, problems: found } = merged((await textsOf(io, names)).map(readText));
  const problems = [...found, ...repeated(manifests)];
  if (problems.length > 0) {
    const [first = '', ...rest] = problems.slice(0, mostTold);
    const more = problems.length > mostTold ? [`and ${problems.length - mostTold} more`] : [];
    throw misused(first, [...rest, ...more, 'nothing was changed'].join('\n  '));
  }
  if (manifests.length === 0)
    throw misused(`${names.join(', ')}: there is nothing in it`, 'a runtime or a trigger is expected');
  const weight = ({ resource }: Manifest): number => (resource.kind === 'Trigger' ? 1 : 0);
  return [...manifests].sort((one, other) => weight(one) - weight(other));
}
