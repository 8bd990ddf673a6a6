// The commands and their flags as docs/cli.md prints them, from the tree of commands itself.
import { PassThrough, Readable } from 'node:stream';
import type { Command } from 'commander';
import { App } from '../../cli/app.ts';
import { createWholeProgram } from '../../cli/program.ts';

/** The whole tree, as it is without any platform. */
export function wholeProgram(): Promise<Command> {
  const signal = new AbortController().signal;
  const [stdin, stdout, stderr] = [Readable.from(['']), new PassThrough(), new PassThrough()];
  return createWholeProgram(new App({ stdin, stdout, stderr, env: {}, cwd: '/', home: '/', signal }));
}

const escaped = (text: string): string => text.replaceAll('|', '\\|');

const fullName = (command: Command): string =>
  command.parent?.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();

function section(command: Command): string[] {
  const usage = command.registeredArguments
    .map((argument) => {
      const shown = `${argument.name()}${argument.variadic ? '...' : ''}`;
      return argument.required ? ` <${shown}>` : ` [${shown}]`;
    })
    .join('');
  const heading = `### ${fullName(command)}`;
  const line = `\`agentcube ${fullName(command)}${usage}\`: ${command.description().replace(/\.$/, '')}.`;
  const rows = command.options.map(
    ({ flags, description }) => `| \`${escaped(flags)}\` | ${escaped(description)} |`,
  );
  const table = rows.length === 0 ? [] : ['', '| flag | |', '| --- | --- |', ...rows];
  return [heading, '', line, ...table, ''];
}

const leaves = (command: Command): Command[] =>
  command.commands.length > 0 ? command.commands.flatMap(leaves) : [command];

/** One chapter for each command, in the order of the help. */
export const commandChapters = (program: Command): string =>
  program.commands.flatMap(leaves).flatMap(section).join('\n').trim();

/** The rows of the flags that all commands have. */
export const sharedRows = (program: Command): string[] =>
  program.options.map(({ flags, description }) => `| \`${escaped(flags)}\` | ${escaped(description)} |`);
