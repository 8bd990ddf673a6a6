// `agentcube exec -- COMMAND`: a command in a session of a code interpreter.
import type { Command } from 'commander';
import type { App } from '../app.ts';
import { misused } from '../failure.ts';
import { collect, examples, sessionFlags } from '../flags.ts';
import { withInterpreter, type SessionFlags } from '../interpreters.ts';
import { runProgram } from '../programs.ts';

interface Flags extends SessionFlags {
  readonly env?: readonly string[];
  readonly workdir?: string;
}

/** `NAME=value`, as often as it is given. */
export function variablesIn(pairs: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value] = /^([A-Za-z_]\w*)=([^]*)$/.exec(pair) ?? [];
      if (name === undefined || value === undefined) throw misused(`--env ${pair}: not NAME=value`);
      return [name, value];
    }),
  );
}

export function define(command: Command, app: App): void {
  command
    .argument('<command...>', 'behind --, so that its flags are its own')
    .option('-e, --env <name=value>', 'a variable of its environment; may be repeated', collect)
    .option('-w, --workdir <folder>', 'folder to run in, below the workspace');
  for (const flag of sessionFlags()) command.addOption(flag);
  examples(command, [
    'agentcube exec -- python3 -c "print(6 * 7)"',
    'agentcube exec --keep -- pip list',
    'agentcube exec --session 0faa7b47 -- ls -la',
  ]);
  app.act<Flags>(command, (run) => {
    const env = variablesIn(run.flags.env);
    const { workdir } = run.flags;
    const program = { command: run.words, env, ...(workdir !== undefined && { workingDir: workdir }) };
    return withInterpreter(run, run.flags.keep === true, (interpreter) =>
      runProgram(run, interpreter, program),
    );
  });
}
