// What every command is given: the streams, the flags that all commands share, the platform that they mean, and a way to say
// how it ended. Does not own the commands, nor the process.
import type { Command } from 'commander';
import type { Target, TargetFlags } from './contexts/target.ts';
import { misused } from './failure.ts';
import { variable, type Io } from './io.ts';
import { Out } from './output/out.ts';
import { readSpan } from './span.ts';

/** The flags of every command. */
export interface SharedFlags extends TargetFlags {
  readonly timeout?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** A command at work. */
export interface Run<F> {
  readonly io: Io;
  readonly out: Out;
  readonly flags: F & SharedFlags;
  /** The words that are no flags. */
  readonly words: readonly string[];
  /** What `--timeout` says, ms; undefined when nobody does. */
  readonly timeoutMs: number | undefined;
  /** The platform that is meant; looked for once. */
  readonly target: () => Promise<Target>;
}

/** Ctrl-C and SIGTERM end with the code of an interrupt, whatever was resolved by then. */
export type Work<F> = (run: Run<F>) => Promise<number | void>;

export class App {
  readonly io: Io;
  /** Of the command that ran. */
  code = 0;

  constructor(io: Io) {
    this.io = io;
  }

  /** Makes a command do its work; the number that it resolves to is the exit code. */
  act<F>(command: Command, work: Work<F>): Command {
    return command.action(async (...given: unknown[]) => {
      const ran = given.at(-1) as Command;
      this.code = (await work(this.#run<F>(ran))) ?? 0;
    });
  }

  #run<F>(command: Command): Run<F> {
    const flags = command.optsWithGlobals<F & SharedFlags>();
    if (flags.quiet === true && flags.verbose === true)
      throw misused('--quiet and --verbose contradict each other');
    const out = new Out(
      this.io,
      flags.quiet === true ? 'quiet' : flags.verbose === true ? 'verbose' : 'normal',
    );
    const timeoutMs = readSpan('--timeout', flags.timeout ?? variable(this.io, 'AGENTCUBE_TIMEOUT'));
    const manner = {
      trace: (line: string) => out.trace(line),
      signal: this.io.signal,
      ...(timeoutMs !== undefined && { timeoutMs }),
    };
    let found: Promise<Target> | undefined;
    // Loaded when it is needed: the help of a command is to come at once.
    const find = async (): Promise<Target> =>
      (await import('./contexts/target.ts')).findTarget(this.io, flags, manner);
    const target = (): Promise<Target> => (found ??= find());
    return { io: this.io, out, flags, words: command.args, timeoutMs, target };
  }
}
