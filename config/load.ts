// Reads a configuration from a file, the environment and flags, later ones winning, and reports every problem at once.
// Pure but for files, which are read through a function that is handed in. AgentCube's own names are understood where a program has them;
// in one place (flags, say) our name wins over theirs.
import { parse as parseYaml } from 'yaml';
import type { z } from 'zod';
import { readArguments, type KnownFlag } from './arguments.ts';
import { factsOf } from './fields.ts';
import { understand, type ForeignNames, type Given, type Understood, type Values } from './foreign.ts';
import { envOf, flagOf } from './names.ts';

export interface Sources {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Throws the way fs does when the file is not there. */
  readonly readFile: (path: string) => string;
}

/** A problem of one setting beside others; `name` is the setting's. */
export interface SettingProblem {
  readonly name: string;
  readonly message: string;
}

/** What a configuration is beside its schema. */
export interface Beyond<T> {
  readonly foreign?: ForeignNames;
  /** What no setting can tell by itself; is given those that are right by themselves. */
  readonly check?: (values: Partial<T>, readFile: Sources['readFile']) => readonly SettingProblem[];
  /** Settings that are accepted and have no effect beside the others, with the reason. */
  readonly idle?: (values: Partial<T>) => readonly SettingProblem[];
}

export type Loaded<T> =
  | {
      readonly kind: 'config';
      readonly config: T;
      readonly positionals: readonly string[];
      /** What was accepted and has no effect, with the reason; a line each. */
      readonly notes: readonly string[];
    }
  | { readonly kind: 'help' }
  | { readonly kind: 'problems'; readonly problems: readonly string[] };

/** An empty variable is one that is not set. */
function fromEnv(names: readonly string[], env: Sources['env']): Values {
  const given = names.filter((name) => (env[envOf(name)] ?? '') !== '');
  return Object.fromEntries(given.map((name) => [name, { value: env[envOf(name)], from: envOf(name) }]));
}

function fromFile(path: string | undefined, readFile: Sources['readFile'], problems: string[]): Values {
  if (path === undefined) return {};
  try {
    const value: unknown = parseYaml(readFile(path)) ?? {};
    if (typeof value === 'object' && !Array.isArray(value)) {
      return Object.fromEntries(
        Object.entries(value as object).map(([name, one]) => [name, { value: one as unknown, from: name }]),
      );
    }
    problems.push(`${path}: expected a mapping of settings`);
  } catch (error) {
    problems.push(`${path}: ${(error as Error).message}`);
  }
  return {};
}

const nothing: Understood = { values: {}, notes: [], problems: [] };

interface Flags {
  readonly ours: Values;
  readonly theirs: Understood;
  readonly config: string | undefined;
  readonly help: boolean;
  readonly positionals: readonly string[];
}

function fromArgs(
  schema: z.ZodObject,
  foreign: ForeignNames | undefined,
  sources: Sources,
  problems: string[],
): Flags {
  const names = Object.entries(schema.shape);
  const ours = Object.fromEntries(
    names.map(([name, field]): [string, KnownFlag] => [
      flagOf(name),
      { bare: factsOf(field as z.ZodType).toggle },
    ]),
  );
  const known = {
    ...foreign?.flags,
    ...ours,
    config: { bare: false },
    help: { bare: true },
    h: { bare: true },
  };
  const { values, positionals, problems: found } = readArguments(sources.args, known);
  problems.push(...found);
  const named = names.map(([name]) => name).filter((name) => values[flagOf(name)] !== undefined);
  const foreignOnes = Object.entries(foreign?.flags ?? {}).filter(
    ([name]) => values[name] !== undefined && !(name in ours),
  );
  return {
    ours: Object.fromEntries(
      named.map((name) => [name, { value: values[flagOf(name)], from: `--${flagOf(name)}` }]),
    ),
    theirs: understand(
      foreignOnes.map(([name, flag]) => ({ from: `--${name}`, meaning: flag.meaning(values[name] ?? '') })),
    ),
    config: values.config,
    help: values.help === 'true' || values.h === 'true',
    positionals,
  };
}

const plain = (given: Values): Record<string, unknown> =>
  Object.fromEntries(Object.entries(given).map(([name, { value }]) => [name, value]));

/** The settings that are right by themselves. */
function rightOnes<S extends z.ZodObject>(schema: S, given: Values): Partial<z.infer<S>> {
  const parsed = Object.entries(schema.shape).map(
    ([name, field]) => [name, (field as z.ZodType).safeParse(given[name]?.value)] as const,
  );
  return Object.fromEntries(
    parsed.flatMap(([name, { success, data }]) => (success ? [[name, data]] : [])),
  ) as Partial<z.infer<S>>;
}

const told = (given: Given | undefined, name: string, message: string): string =>
  name === '' ? message : `${given?.from ?? name}: ${message}`;

/** All sources in one, the winning one of each setting. */
function merge(
  names: readonly string[],
  flags: Flags,
  foreign: ForeignNames | undefined,
  { env, readFile }: Sources,
): Understood {
  const problems: string[] = [];
  const file = fromFile(flags.config ?? env.AGENTCUBE_CONFIG, readFile, problems);
  const theirs = foreign?.env(env) ?? nothing;
  return {
    values: { ...file, ...theirs.values, ...fromEnv(names, env), ...flags.theirs.values, ...flags.ours },
    notes: [...theirs.notes, ...flags.theirs.notes],
    problems: [...problems, ...theirs.problems, ...flags.theirs.problems],
  };
}

/** Merges the sources over the schema's defaults. Never throws; every problem is told. */
export function loadConfig<S extends z.ZodObject>(
  schema: S,
  sources: Sources,
  { foreign, check, idle }: Beyond<z.infer<S>> = {},
): Loaded<z.infer<S>> {
  const problems: string[] = [];
  const flags = fromArgs(schema, foreign, sources, problems);
  if (flags.help) return { kind: 'help' };
  const merged = merge(Object.keys(schema.shape), flags, foreign, sources);
  const { values: given } = merged;
  problems.push(...merged.problems);
  const result = schema.safeParse(plain(given));
  const issues = result.error?.issues.map(({ path, message }) => ({ name: path.join('.'), message })) ?? [];
  const across = check?.(rightOnes(schema, given), sources.readFile) ?? [];
  problems.push(...[...issues, ...across].map(({ name, message }) => told(given[name], name, message)));
  if (problems.length > 0 || !result.success) return { kind: 'problems', problems };
  const without = (idle?.(result.data) ?? []).map(({ name, message }) => told(given[name], name, message));
  return {
    kind: 'config',
    config: result.data,
    positionals: flags.positionals,
    notes: [...merged.notes, ...without],
  };
}

/** One line for each setting: its flag, meaning and default. */
export function settingsHelp(schema: z.ZodObject): string {
  const rows = Object.entries(schema.shape).map(([name, field]) => {
    const { description, fallback } = factsOf(field as z.ZodType);
    return { flag: `--${flagOf(name)}`, text: `${description}${fallback === '' ? '' : ` [${fallback}]`}` };
  });
  const width = Math.max(...rows.map((row) => row.flag.length));
  return rows.map((row) => `  ${row.flag.padEnd(width)}  ${row.text}`).join('\n');
}
