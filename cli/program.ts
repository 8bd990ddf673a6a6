// The tree of commands as commander has it. Each command is defined when its name is met, so that the help of all costs nothing.
// Does not own what a command does, nor how an error is told (run.ts).
import { Command } from 'commander';
import type { App } from './app.ts';
import { commands, type CommandEntry } from './commands/index.ts';
import { sharedFlags } from './flags.ts';
import type { Io } from './io.ts';
import { wantsColour } from './io.ts';

const about =
  'Sandboxes for AI agents: one command for a laptop and a cluster. Contexts are those of kubectl.';

const after = `
Every command has its own help with examples: agentcube run --help
Exit codes: 0 done, 1 refused or failed, 2 wrong command line, 3 not found, 4 not reachable, 5 timed out, 6 conflict, 130 Ctrl-C;
run and exec pass on the code of the program that they ran. Variables and the rest: docs/cli.md`;

/** Help and errors go to the streams of `io`; nothing ends the process. */
function settle(command: Command, io: Io): Command {
  return command
    .exitOverride()
    .allowExcessArguments(false)
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true, helpWidth: Math.min(io.stdout.columns ?? 100, 120) })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      // Told once, by whoever catches it.
      writeErr: () => undefined,
      getOutHasColors: () => wantsColour(io, io.stdout),
      getErrHasColors: () => wantsColour(io, io.stderr),
    });
}

/** Defines it, and its own commands' manners, once. */
async function complete(command: Command, entry: CommandEntry, app: App): Promise<void> {
  const { define } = await entry.load();
  define(command, app);
  const within = (parent: Command): void => {
    for (const child of parent.commands) {
      settle(child, app.io);
      within(child);
    }
  };
  within(command);
}

/** All commands by name, none of them with its flags yet. */
export function createProgram(app: App): Command {
  const program = settle(new Command('agentcube'), app.io).description(about);
  program.helpCommand(false);
  for (const option of sharedFlags()) program.addOption(option.helpGroup('Flags of every command:'));
  program.addHelpText('after', after);
  const defined = new Map<string, CommandEntry>();
  for (const entry of commands) {
    const command = settle(program.command(entry.name), app.io)
      .summary(entry.summary)
      .description(entry.summary)
      .helpGroup(entry.group);
    if (entry.aliases) command.aliases(entry.aliases);
    defined.set(entry.name, entry);
  }
  program.hook('preSubcommand', async (_, command) => {
    const entry = defined.get(command.name());
    if (!entry) return;
    defined.delete(entry.name);
    await complete(command, entry, app);
  });
  return program;
}

/** The whole tree with every flag: for completion, and for the test of the documentation. */
export async function createWholeProgram(app: App): Promise<Command> {
  const program = createProgram(app);
  for (const entry of commands) {
    const command = program.commands.find((one) => one.name() === entry.name);
    if (command) await complete(command, entry, app);
  }
  return program;
}
