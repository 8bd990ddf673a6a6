// Reads the runtimes in a YAML file (or JSON, which is YAML), and says of each problem in which file and line it is.
// Does not own what a valid runtime is (model/problem.ts) nor reading or watching files.
import {
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
  type YAMLError,
} from 'yaml';
import { type PathSegment } from '../model/path.ts';
import { describeValue, type Problem } from '../model/problem.ts';
import { resourceKeyText, validateResource, type Resource } from '../model/resource.ts';
import type { Runtime } from '../model/runtime.ts';
import type { Trigger } from '../model/trigger.ts';

export interface Manifest {
  readonly runtime: Runtime;
  /** Where it begins in its file, from 1. */
  readonly line: number;
}

export interface TriggerManifest {
  readonly trigger: Trigger;
  readonly line: number;
}

export interface Manifests {
  readonly runtimes: readonly Manifest[];
  readonly triggers: readonly TriggerManifest[];
  /** Of all documents; what has a problem is in neither list. */
  readonly problems: readonly Problem[];
}

interface Source {
  readonly file: string;
  readonly doc: Document.Parsed;
  readonly lines: LineCounter;
}

type Path = readonly PathSegment[];

/** YAML's own explanation without the excerpt of the file that follows it. */
const firstLine = (message: string): string =>
  (message.split('\n', 1)[0] ?? message).replace(/ at line .*$/, '');

function syntaxProblem(file: string, error: YAMLError): Problem {
  const start = error.linePos?.[0];
  const column = start === undefined ? '' : ` (line ${start.line}, column ${start.col})`;
  const message = firstLine(error.message) + column;
  return { path: '', message, expected: 'YAML', file, ...(start !== undefined && { line: start.line }) };
}

const offsetOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined);

/** The item or field one step down, and where it begins; neither where the text has none (an anchor's content is elsewhere). */
function step(node: unknown, segment: PathSegment): { offset: number | undefined; value: unknown } {
  if (isSeq(node)) {
    const item = node.items[Number(segment)];
    return { offset: offsetOf(item), value: item };
  }
  const pair = isMap(node)
    ? node.items.find(({ key }) => isScalar(key) && String(key.value) === String(segment))
    : undefined;
  return { offset: offsetOf(pair?.key), value: pair?.value };
}

/** The line of the field at a path, or of the nearest parent that the file has. */
function lineAt({ doc, lines }: Source, path: Path): number {
  let node: unknown = doc.contents;
  let offset = offsetOf(node) ?? doc.range[0];
  for (const segment of path) {
    const found = step(node, segment);
    if (found.offset === undefined) break;
    offset = found.offset;
    node = found.value;
  }
  return lines.linePos(offset).line;
}

/** The plain value of a document; a message when its anchors cannot be followed. */
function valueOf(doc: Document.Parsed): { value: unknown } | { error: string } {
  try {
    return { value: doc.toJS({ maxAliasCount: 100 }) as unknown };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

const isList = (value: unknown): value is { items?: unknown } =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'List';

const onlyProblems = (problems: readonly Problem[]): Manifests => ({ runtimes: [], triggers: [], problems });

function readOne(source: Source, value: unknown, at: Path): Manifests {
  const { file } = source;
  const result = validateResource(value, (path) => ({ file, line: lineAt(source, [...at, ...path]) }));
  if (!result.ok) return onlyProblems(result.problems);
  const { resource } = result;
  const line = lineAt(source, at);
  if (resource.kind === 'Trigger')
    return { runtimes: [], triggers: [{ trigger: resource, line }], problems: [] };
  return { runtimes: [{ runtime: resource, line }], triggers: [], problems: [] };
}

function readValue(source: Source, value: unknown): Manifests {
  if (!isList(value)) return readOne(source, value, []);
  const items: unknown = value.items ?? [];
  if (Array.isArray(items))
    return merged(items.map((item, index) => readOne(source, item, ['items', index])));
  const line = lineAt(source, ['items']);
  const problem = {
    path: 'items',
    message: describeValue(items),
    expected: 'a list',
    file: source.file,
    line,
  };
  return onlyProblems([problem]);
}

function readDocument(source: Source): Manifests {
  const { doc, file } = source;
  if (doc.errors.length > 0) {
    return onlyProblems(doc.errors.map((error) => syntaxProblem(file, error)));
  }
  const read = valueOf(doc);
  if ('error' in read) {
    const line = lineAt(source, []);
    return onlyProblems([{ path: '', message: read.error, expected: 'YAML', file, line }]);
  }
  return read.value === null || read.value === undefined ? merged([]) : readValue(source, read.value);
}

const merged = (parts: readonly Manifests[]): Manifests => ({
  runtimes: parts.flatMap(({ runtimes }) => runtimes),
  triggers: parts.flatMap(({ triggers }) => triggers),
  problems: parts.flatMap(({ problems }) => problems),
});

/** What was found in a file, and where. */
export interface Placed {
  readonly resource: Resource;
  readonly line: number;
  readonly file: string;
}

/** All that was read of a file, runtimes first: what a trigger sends events to is there before it. */
export const placedIn = (file: string, { runtimes, triggers }: Omit<Manifests, 'problems'>): Placed[] => [
  ...runtimes.map(({ runtime, line }) => ({ resource: runtime, line, file })),
  ...triggers.map(({ trigger, line }) => ({ resource: trigger, line, file })),
];

/** A problem for each that has the kind, namespace and name of an earlier one. */
export function duplicates(manifests: readonly Placed[]): Problem[] {
  const seen = new Map<string, string>();
  return manifests.flatMap(({ resource, line, file }) => {
    const key = resourceKeyText(resource);
    const earlier = seen.get(key);
    if (earlier === undefined) {
      seen.set(key, `${file}:${line}`);
      return [];
    }
    const message = `${key} is already defined at ${earlier}`;
    return [
      {
        path: 'metadata.name',
        message,
        expected: 'a name that no other of the kind has',
        file,
        line,
      },
    ];
  });
}

/**
 * The runtimes and triggers of one file, which may hold several documents and `kind: List`; empty documents count for nothing.
 * Every problem of every document is reported, with `file` as given. Never throws.
 */
export function readManifests(file: string, text: string): Manifests {
  const lines = new LineCounter();
  const docs = parseAllDocuments(text, { lineCounter: lines, merge: true, logLevel: 'silent' });
  const all = Array.isArray(docs) ? docs : [];
  const read = merged(all.map((doc) => readDocument({ file, doc, lines })));
  const every = [...read.problems, ...duplicates(placedIn(file, read))];
  return { ...read, problems: every.sort((one, other) => (one.line ?? 0) - (other.line ?? 0)) };
}

/** A problem as one line: `file:line: path: message (expected …)`, without the parts that are not known. */
export function formatProblem({ file, line, path, message, expected }: Problem): string {
  const where = [file, line].filter((part) => part !== undefined).join(':');
  const what = [where, path, message].filter((part) => part !== '').join(': ');
  return expected === '' ? what : `${what} (expected ${expected})`;
}
