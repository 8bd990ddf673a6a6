// How a program ends when it cannot go on: what the user can do something about in words, a fault with its stack. Exit code 1.
// Also that it does not end where nobody said so.
import { LocalSetupError } from '../adapters/local/options.ts';
import { PlatformError } from '../model/errors.ts';

/** An end that the user can do something about: its message, no stack. */
export class StartError extends Error {}

/** For people. Known errors, and those of the system, are their message. */
export function wordsFor(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault);
  const { code } = fault as NodeJS.ErrnoException;
  if (code === 'ENOSPC') return `the disk is full: ${fault.message}; free some space or choose --data-dir`;
  const known =
    fault instanceof StartError || fault instanceof PlatformError || fault instanceof LocalSetupError;
  return known || code !== undefined ? fault.message : (fault.stack ?? fault.message);
}

/** Says why, and ends the process. */
export function fail(program: string, fault: unknown): never {
  process.stderr.write(`${program}: ${wordsFor(fault)}\n`);
  process.exit(1);
}

/**
 * The process ends where it says so: what start and stop wait for need hold nothing open (a sandbox that an earlier program
 * started is no child of this one). Whoever reads along may leave (`npm start | head`); the program still stops in order.
 */
export function keepAlive(): void {
  setInterval(() => undefined, 2 ** 30);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}
