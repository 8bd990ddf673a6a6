// A program in a session: its output as it comes, on the stream that it chose, and its exit code as this command's own.
import type { CodeInterpreter, ExecStream } from '../sdk/index.ts';
import type { Run } from './app.ts';

/** 128 and SIGKILL, as a shell tells of a program that a signal ended; which one it was is not known. */
const signalled = 137;
/** How long a program may run where nobody says (ms). */
const longestMs = 3_600_000;

async function pass(run: Run<object>, stream: ExecStream): Promise<number> {
  for await (const { stream: from, text } of stream) {
    await (from === 'stdout' ? run.out.raw(text) : run.out.rawError(text));
  }
  const { exitCode } = await stream.wait();
  if (exitCode === 124) run.out.note('its time was up; give it more with --timeout');
  return exitCode < 0 ? signalled : exitCode;
}

export interface Program {
  readonly command: readonly string[];
  readonly workingDir?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs it and resolves to its exit code. */
export function runProgram(
  run: Run<object>,
  interpreter: CodeInterpreter,
  { command, ...rest }: Program,
): Promise<number> {
  const options = { ...rest, timeoutMs: run.timeoutMs ?? longestMs, signal: run.io.signal };
  return pass(run, interpreter.execStream(command, options));
}
