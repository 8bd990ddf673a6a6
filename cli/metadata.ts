// AgentCube's agent_metadata.yaml: what an agent's folder says of itself, read and written as AgentCube's own command does. Fields that
// are not known here stay. Does not own what is done with it (commands/pack.ts and those after it).
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { CliError } from './failure.ts';
import { misused, textOf } from './failure.ts';

export const metadataFile = 'agent_metadata.yaml';
export const languages = ['python', 'java', 'node'] as const;
export type Language = (typeof languages)[number];

/** The names are AgentCube's. `node` as a language is ours. */
export interface Metadata {
  readonly agent_name: string;
  readonly description?: string;
  readonly language: Language;
  readonly entrypoint: string;
  readonly port: number;
  readonly build_mode: 'local' | 'cloud';
  readonly version?: string;
  readonly image?: { readonly repository_url?: string; readonly tag?: string } & Readonly<
    Record<string, unknown>
  >;
  readonly requirements_file?: string;
  readonly registry_url?: string;
  readonly registry_username?: string;
  readonly registry_password?: string;
  readonly agent_endpoint?: string;
  readonly workload_manager_url?: string;
  readonly router_url?: string;
  readonly readiness_probe_path?: string;
  readonly readiness_probe_port?: number;
  readonly agent_id?: string;
  readonly session_id?: string;
  readonly env?:
    Readonly<Record<string, string>> | readonly { readonly name: string; readonly value?: string }[];
}

const wrong = (file: string, why: string): CliError =>
  misused(`${file}: ${why}`, 'correct it, or write it anew with: agentcube pack');

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const absent = (value: unknown): boolean => value === undefined || value === null || value === '';

const texts = [
  'agent_name',
  'entrypoint',
  'description',
  'version',
  'requirements_file',
  'router_url',
  'workload_manager_url',
  'agent_endpoint',
  'readiness_probe_path',
  'session_id',
];

const nameForm = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

const isPort = (value: unknown): boolean =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65_535;

const shown = (value: unknown): string => JSON.stringify(value);

/** What is wrong with a field, in the order in which a person would look. */
function problemOf(given: Readonly<Record<string, unknown>>): string | undefined {
  const { agent_name: name, entrypoint, language, port, build_mode: mode } = given;
  const bad = texts.find((one) => given[one] !== undefined && typeof given[one] !== 'string');
  const checks: readonly [boolean, string][] = [
    [bad !== undefined, `${bad ?? ''}: a text is expected`],
    [name === undefined, 'agent_name is missing'],
    [entrypoint === undefined, 'entrypoint is missing'],
    [
      !languages.some((one) => one === language),
      `language: ${shown(language)} is not one of ${languages.join(', ')}`,
    ],
    [!isPort(port), `port: ${shown(port)} is no port`],
    [mode !== 'local' && mode !== 'cloud', `build_mode: ${shown(mode)} is neither local nor cloud`],
    [
      typeof name === 'string' && !nameForm.test(name),
      `agent_name: ${shown(name)}: lower-case letters, digits and dashes, 63 at most`,
    ],
  ];
  return checks.find(([is]) => is)?.[1];
}

/** As AgentCube checks it, with its defaults. Throws what is wrong with it. */
export function checkedMetadata(file: string, value: unknown): Metadata {
  if (!isObject(value)) throw wrong(file, 'a mapping of fields is expected');
  const given: Record<string, unknown> = Object.fromEntries(
    Object.entries(value).filter(([, one]) => !absent(one)),
  );
  const language =
    typeof given['language'] === 'string' ? given['language'].toLowerCase() : (given['language'] ?? 'python');
  const whole = { port: 8080, build_mode: 'local', ...given, language };
  const problem = problemOf(whole);
  if (problem !== undefined) throw wrong(file, problem);
  return whole as unknown as Metadata;
}

/** Undefined when the folder has none. Rejects when it cannot be used. */
export async function findMetadata(folder: string): Promise<Metadata | undefined> {
  const name = [metadataFile, 'metadata.yaml'].find((one) => existsSync(path.join(folder, one)));
  if (name === undefined) return undefined;
  const { parse } = await import('yaml');
  let value: unknown;
  try {
    value = parse(readFileSync(path.join(folder, name), 'utf8'));
  } catch (fault) {
    throw wrong(name, `not YAML: ${textOf(fault).split('\n', 1)[0]}`);
  }
  return checkedMetadata(name, value);
}

/** The folder's, which must be there. */
export async function readMetadata(folder: string): Promise<Metadata> {
  if (!existsSync(folder)) throw misused(`${folder}: there is no such folder`);
  const found = await findMetadata(folder);
  if (found) return found;
  throw misused(`${folder}: there is no ${metadataFile}`, `make one first: agentcube pack -f ${folder}`);
}

/** Writes the file anew, whole or not at all. */
export async function writeMetadata(folder: string, metadata: Metadata): Promise<void> {
  const { stringify } = await import('yaml');
  const file = path.join(folder, metadataFile);
  writeFileSync(`${file}.new`, stringify(metadata, { lineWidth: 0 }));
  renameSync(`${file}.new`, file);
}

/** The session that the agent's next call goes on with. */
export async function rememberSession(folder: string, sessionId: string): Promise<void> {
  const metadata = await findMetadata(folder);
  if (metadata && metadata.session_id !== sessionId)
    await writeMetadata(folder, { ...metadata, session_id: sessionId });
}
