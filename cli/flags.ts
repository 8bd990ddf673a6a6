// Flags and texts that commands share, as commander wants them. Does not own what they mean.
import { Option, type Command } from 'commander';
import { formats } from './output/format.ts';

export const outputFlag = (): Option =>
  new Option('-o, --output <form>', `how it is printed: ${formats.join(', ')}`);

/** Flags that every command has; each has a variable, too. */
export const sharedFlags = (): Option[] => [
  new Option('--context <name>', 'context of the kubeconfig'),
  new Option('--kubeconfig <file>', 'another kubeconfig'),
  new Option('-n, --namespace <name>', 'namespace'),
  new Option('--control-url <url>', 'address of the control API'),
  new Option('--router-url <url>', 'address of the activator'),
  new Option('--platform-namespace <name>', "namespace of the platform's services on a cluster"),
  new Option('--timeout <span>', 'how long an answer may take to begin, such as 2m'),
  new Option('-q, --quiet', 'results and errors only'),
  new Option('-v, --verbose', 'each request, too'),
];

/** Examples below the help of a command. */
export const examples = (command: Command, lines: readonly string[]): Command =>
  command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`);

/** A flag that may be given more than once. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
];

/** Which session of an interpreter, and what becomes of it. */
export const sessionFlags = (): Option[] => [
  new Option('-i, --interpreter <name>', 'CodeInterpreter; the only one when absent'),
  new Option('-s, --session <id>', 'go on with this session; the beginning of its id will do'),
  new Option('--new', 'a new session, even where the folder keeps one'),
  new Option('-k, --keep', 'keep a new session for this folder instead of ending it'),
];
