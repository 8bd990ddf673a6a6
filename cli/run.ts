// One command line from its words to its exit code. The one place where errors become text: `error: …`, then what to do.
// Never throws, never prints a stack, never ends the process.
import { CommanderError, type Command } from 'commander';
import { App } from './app.ts';
import { CliError, exitCodes, textOf } from './failure.ts';
import { variable, wantsColour, type Io } from './io.ts';
import { createProgram } from './program.ts';
import { ownVersion } from './version.ts';
import { styleText } from 'node:util';

/** `help run` is `run --help`. */
function helpLast(args: readonly string[]): string[] {
  const [first, ...rest] = args;
  return first === 'help' ? [...rest.filter((word) => word !== '--help'), '--help'] : [...args];
}

function tell(io: Io, message: string, hint: string | undefined): void {
  const label = wantsColour(io, io.stderr) ? styleText('red', 'error:', { validateStream: false }) : 'error:';
  const lines = [`${label} ${message}`, ...(hint === undefined ? [] : [`  ${hint}`])];
  io.stderr.write(`${lines.join('\n')}\n`);
}

/** The command that the words lead to, as far as they do. */
function meantCommand(program: Command, args: readonly string[]): Command {
  const names = args.filter((word) => !word.startsWith('-'));
  let command = program;
  for (const name of names) {
    const next = command.commands.find((one) => one.name() === name || one.aliases().includes(name));
    if (next) command = next;
  }
  return command;
}

const fullName = (command: Command): string =>
  command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();

/** commander's own sentence: the error first, then the guess in a line of its own. */
function usage(io: Io, fault: CommanderError, program: Command, args: readonly string[]): number {
  const command = meantCommand(program, args);
  const lacking = `say what: ${command.commands.map((one) => one.name()).join(', ')}`;
  const said = fault.code === 'commander.help' ? lacking : fault.message.replace(/^error: /, '');
  const [message = '', guess] = said.split('\n');
  const help = `${fullName(command)} --help tells more`;
  const hint =
    guess === undefined ? help : `${guess.replace(/^\((.*)\)$/, '$1').replace(/^Did/, 'did')} ${help}`;
  tell(io, message, hint);
  return exitCodes.usage;
}

const calm = new Set(['commander.helpDisplayed']);

interface SdkError {
  readonly code: string;
  readonly status?: number;
  readonly hint?: string;
}

const isSdkError = (fault: unknown): fault is Error & SdkError =>
  fault instanceof Error && fault.name.endsWith('Error') && 'code' in fault && 'status' in fault;

function codeOfStatus(status: number | undefined): number {
  if (status === undefined || status === 0) return exitCodes.unreachable;
  if (status === 404) return exitCodes.notFound;
  if (status === 409) return exitCodes.conflict;
  return status === 408 || status === 504 ? exitCodes.timedOut : exitCodes.refused;
}

/** What went wrong, told once. */
function ended(io: Io, fault: unknown): number {
  if (io.signal.aborted) return io.signal.reason === 'left' ? exitCodes.ok : exitCodes.interrupted;
  if (fault instanceof CliError) {
    tell(io, fault.message, fault.hint);
    return exitCodes[fault.ending];
  }
  if (isSdkError(fault)) {
    tell(io, fault.message, fault.hint);
    return codeOfStatus(fault.status);
  }
  const system = fault instanceof Error && 'code' in fault;
  tell(
    io,
    textOf(fault).split('\n', 1)[0] ?? '',
    system ? undefined : 'this is a fault of agentcube; AGENTCUBE_DEBUG=1 shows where',
  );
  if (variable(io, 'AGENTCUBE_DEBUG') !== undefined && fault instanceof Error)
    io.stderr.write(`${fault.stack}\n`);
  return exitCodes.refused;
}

/** What a shell asks when somebody presses Tab. */
async function complete(io: Io, words: readonly string[]): Promise<number> {
  const { completions } = await import('./complete.ts');
  const found = await completions(io, words);
  if (found.length > 0) io.stdout.write(`${found.join('\n')}\n`);
  return exitCodes.ok;
}

/** Runs a command line (without the program's own name) and resolves to its exit code. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  if (args[0] === '__complete') return complete(io, args.slice(1));
  if (args[0] === '--version' || args[0] === '-V') {
    io.stdout.write(`${ownVersion()}\n`);
    return exitCodes.ok;
  }
  const app = new App(io);
  const program = createProgram(app);
  try {
    if (args.length === 0) {
      program.outputHelp();
      return exitCodes.ok;
    }
    await program.parseAsync(helpLast(args), { from: 'user' });
    if (io.signal.aborted && io.signal.reason !== 'left') return exitCodes.interrupted;
    return app.code;
  } catch (fault) {
    if (!(fault instanceof CommanderError)) return ended(io, fault);
    return calm.has(fault.code) ? exitCodes.ok : usage(io, fault, program, args);
  }
}
