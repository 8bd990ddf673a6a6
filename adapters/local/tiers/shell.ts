// Owns: how values get into shell scripts of ours. Pure.
import type { Variable } from '../options.ts';

/** One shell word, whatever is in it. */
export const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** `exec env -i A='1' … command`: nothing of our own environment goes with it. */
export const execClean = (environment: readonly Variable[], argv: readonly string[]): string =>
  [
    'exec /usr/bin/env -i',
    ...environment.map(({ name, value }) => quoted(`${name}=${value}`)),
    ...argv.map(quoted),
  ].join(' ');

const reportExit = `"$@" 3>&- 4>&-; code=$?; echo "{ \\"exit-code\\": $code }" >&4; exit $code`;

/**
 * A command with a shell around it that holds descriptor 3 while the command runs, and then writes how it ended to
 * descriptor 4 as JSON: 128 + n for signal n. The command gets neither descriptor. It may die with its parent, the
 * shell; the shell is nobody's.
 */
export const reporting = (argv: readonly string[]): string[] => [
  ...['/bin/sh', '-c', reportExit, 'agentcube-sandbox'],
  ...argv,
];
