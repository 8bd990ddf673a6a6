// The settings of a program from its command line, its environment and its file: or the help text, or every problem, and the end.
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { loadConfig, settingsHelp, type Beyond } from '../config/load.ts';
import { StartError } from './failing.ts';

export interface ProgramSpec<S extends z.ZodObject> {
  readonly schema: S;
  readonly beyond?: Beyond<z.infer<S>>;
  /** Printed for --help before and after the settings. */
  readonly about: string;
  readonly after?: string;
  /** How many words without a flag it takes. */
  readonly positionals: number;
  /** What shows the settings: `npm run activator -- --help`. */
  readonly helpCommand: string;
}

export interface ProgramSettings<T> {
  readonly config: T;
  readonly positionals: readonly string[];
  readonly notes: readonly string[];
}

export const readText = (file: string): string => readFileSync(file, 'utf8');

const helpText = <S extends z.ZodObject>({ about, schema, after }: ProgramSpec<S>): string =>
  `${about}

Settings; each also in the environment (--log-level is AGENTCUBE_LOG_LEVEL) and in a file (logLevel)
${settingsHelp(schema)}
  --config          YAML file with any of these
  --help            this text
${after === undefined ? '' : `\n${after}\n`}`;

/** Prints and ends the process for --help. Throws a StartError with every problem. */
export function settingsOf<S extends z.ZodObject>(spec: ProgramSpec<S>): ProgramSettings<z.infer<S>> {
  const sources = { args: process.argv.slice(2), env: process.env, readFile: readText };
  const loaded = loadConfig(spec.schema, sources, spec.beyond);
  if (loaded.kind === 'help') {
    process.stdout.write(helpText(spec));
    process.exit(0);
  }
  const tooMany =
    loaded.kind === 'config' && loaded.positionals.length > spec.positionals
      ? [`${loaded.positionals.slice(spec.positionals).join(' ')}: not expected`]
      : [];
  const problems = loaded.kind === 'problems' ? loaded.problems : tooMany;
  if (loaded.kind === 'problems' || problems.length > 0)
    throw new StartError(
      `the settings are wrong:\n  ${problems.join('\n  ')}\n\n${spec.helpCommand} lists them`,
    );
  return loaded;
}
