// Reads a configuration from a file, the environment and flags, later ones winning, and reports every problem at once.
// Pure but for the file, which is handed in as a function. Names: `activatorPort` in the file, AGENTCUBE_ACTIVATOR_PORT, --activator-port.
import { parseArgs } from 'node:util';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';

export interface Sources {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Rejects the way fs does when the file is not there. */
  readonly readFile: (path: string) => string;
}

export type Loaded<T> =
  | { readonly kind: 'config'; readonly config: T; readonly positionals: readonly string[] }
  | { readonly kind: 'help' }
  | { readonly kind: 'problems'; readonly problems: readonly string[] };

type Values = Record<string, unknown>;

const words = (name: string): string[] => name.replace(/[A-Z]/g, (letter) => `_${letter}`).split('_');
/** `activatorPort` -> `activator-port`. */
export const flagOf = (name: string): string => words(name).join('-').toLowerCase();
/** `activatorPort` -> `AGENTCUBE_ACTIVATOR_PORT`. */
export const envOf = (name: string): string => `AGENTCUBE_${words(name).join('_').toUpperCase()}`;

function fromEnv(names: readonly string[], env: Sources['env']): Values {
  const given = names.filter((name) => env[envOf(name)] !== undefined);
  return Object.fromEntries(given.map((name) => [name, env[envOf(name)]]));
}

function fromFile(path: string | undefined, readFile: Sources['readFile'], problems: string[]): Values {
  if (path === undefined) return {};
  try {
    const value: unknown = parseYaml(readFile(path)) ?? {};
    if (typeof value === 'object' && !Array.isArray(value)) return value as Values;
    problems.push(`${path}: expected a mapping of settings`);
  } catch (error) {
    problems.push(`${path}: ${(error as Error).message}`);
  }
  return {};
}

interface Flags {
  readonly values: Values;
  readonly config: string | undefined;
  readonly help: boolean;
  readonly positionals: readonly string[];
}

function fromArgs(names: readonly string[], args: readonly string[], problems: string[]): Flags {
  const options = Object.fromEntries(names.map((name) => [flagOf(name), { type: 'string' as const }]));
  const known = {
    ...options,
    config: { type: 'string' as const },
    help: { type: 'boolean' as const, short: 'h' },
  };
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: known, allowPositionals: true });
    const given = values as Record<string, unknown>;
    const named = names.filter((name) => given[flagOf(name)] !== undefined);
    return {
      values: Object.fromEntries(named.map((name) => [name, given[flagOf(name)]])),
      config: given.config as string | undefined,
      help: given.help === true,
      positionals,
    };
  } catch (error) {
    problems.push((error as Error).message);
    return { values: {}, config: undefined, help: false, positionals: [] };
  }
}

/** Where a setting came from, so that a problem names what the user typed. */
function nameOf(path: string, flags: Values, env: Values): string {
  if (path in flags) return `--${flagOf(path)}`;
  return path in env ? envOf(path) : path;
}

/** Merges the sources over the schema's defaults. Never throws; every problem is told. */
export function loadConfig<S extends z.ZodObject>(schema: S, sources: Sources): Loaded<z.infer<S>> {
  const names = Object.keys(schema.shape);
  const problems: string[] = [];
  const flags = fromArgs(names, sources.args, problems);
  if (flags.help) return { kind: 'help' };
  const file = fromFile(flags.config ?? sources.env.AGENTCUBE_CONFIG, sources.readFile, problems);
  const env = fromEnv(names, sources.env);
  const result = schema.safeParse({ ...file, ...env, ...flags.values });
  for (const issue of result.error?.issues ?? []) {
    const path = issue.path.join('.');
    problems.push(path === '' ? issue.message : `${nameOf(path, flags.values, env)}: ${issue.message}`);
  }
  if (problems.length > 0 || !result.success) return { kind: 'problems', problems };
  return { kind: 'config', config: result.data, positionals: flags.positionals };
}

/** One line for each setting: its flag, meaning and default. */
export function settingsHelp(schema: z.ZodObject): string {
  const rows = Object.entries(schema.shape).map(([name, field]) => {
    const { description = '', default: fallback } = z.toJSONSchema(field as z.ZodType, { io: 'input' });
    const shown = fallback === undefined ? '' : ` [${JSON.stringify(fallback).replaceAll('"', '')}]`;
    return { flag: `--${flagOf(name)}`, text: `${description}${shown}` };
  });
  const width = Math.max(...rows.map((row) => row.flag.length));
  return rows.map((row) => `  ${row.flag.padEnd(width)}  ${row.text}`).join('\n');
}
