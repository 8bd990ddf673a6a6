// `agentcube run FILE`: a script of this machine in a session of a code interpreter. The script is a file there as long as it runs.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { App, Run } from '../app.ts';
import { misused } from '../failure.ts';
import { collect, examples, sessionFlags } from '../flags.ts';
import { withInterpreter, type SessionFlags } from '../interpreters.ts';
import { nearest } from '../../model/nearest.ts';
import { runProgram } from '../programs.ts';
import { variablesIn } from './exec.ts';

interface Flags extends SessionFlags {
  readonly language?: string;
  readonly env?: readonly string[];
}

interface Language {
  readonly program: string;
  readonly ending: string;
}

const languages: Readonly<Record<string, Language>> = {
  python: { program: 'python3', ending: '.py' },
  bash: { program: 'bash', ending: '.sh' },
  sh: { program: 'sh', ending: '.sh' },
  node: { program: 'node', ending: '.mjs' },
};

const byEnding: Readonly<Record<string, string>> = {
  '.py': 'python',
  '.sh': 'bash',
  '.js': 'node',
  '.mjs': 'node',
  '.cjs': 'node',
  '.ts': 'node',
};

function languageOf(file: string, flag: string | undefined): Language {
  const ending = path.extname(file).toLowerCase();
  const name = flag ?? byEnding[ending] ?? (file === '-' ? 'python' : undefined);
  const known = Object.keys(languages).join(', ');
  if (name === undefined) throw misused(`${file}: which language is it?`, `say it with --language: ${known}`);
  const found = languages[name];
  if (found) return byEnding[ending] === name ? { ...found, ending } : found;
  const meant = nearest(name, Object.keys(languages));
  throw misused(
    `--language ${name}: not known${meant === undefined ? '' : `; did you mean ${meant}?`}`,
    `there are: ${known}`,
  );
}

async function sourceOf({ io }: Run<Flags>, file: string): Promise<Buffer> {
  if (file === '-') return buffer(io.stdin);
  try {
    return readFileSync(path.resolve(io.cwd, file));
  } catch (fault) {
    const { code } = fault as NodeJS.ErrnoException;
    throw misused(
      `${file}: ${code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code ?? ''})`}`,
    );
  }
}

async function runFile(run: Run<Flags>): Promise<number> {
  const [file = '', ...args] = run.words;
  const { program, ending } = languageOf(file, run.flags.language);
  const env = variablesIn(run.flags.env);
  const source = await sourceOf(run, file);
  return withInterpreter(run, run.flags.keep === true, async (interpreter) => {
    const name = `script_${Date.now()}_${process.pid}${ending}`;
    const { signal } = run.io;
    await interpreter.files.write(name, source, { signal });
    try {
      return await runProgram(run, interpreter, { command: [program, name, ...args], env });
    } finally {
      await interpreter.files.remove(name).catch(() => run.out.trace(`${name} stays in the session`));
    }
  });
}

export function define(command: Command, app: App): void {
  command
    .argument('<file>', 'a script, or - for standard input')
    .argument('[args...]', 'what it is given; behind -- when they are flags')
    .option(
      '-l, --language <name>',
      `where its name does not say: ${Object.keys(languages).join(', ')}; python for -`,
    )
    .option('-e, --env <name=value>', 'a variable of its environment; may be repeated', collect);
  for (const flag of sessionFlags()) command.addOption(flag);
  examples(command, [
    'agentcube run analysis.py',
    "echo 'print(6 * 7)' | agentcube run -",
    'agentcube run --keep train.py -- --epochs 3',
  ]);
  app.act<Flags>(command, runFile);
}
