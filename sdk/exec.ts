// Owns: commands in an interpreter: their results, and their output as it comes.
// Does not own: where the session came from. Stock PicoD 0.1 has no streaming: then all output comes at the end, and `live` is false.
import type { CallOptions } from './options.ts';

export interface ExecOptions extends CallOptions {
  /** How long the command may run, in milliseconds; 120,000. At its end the exit code is 124. */
  readonly timeoutMs?: number | undefined;
  /** Relative to the workspace; made when it is missing. */
  readonly workingDir?: string | undefined;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** How a command ended. */
export interface ExecExit {
  /** Its code; 124: its time was up; -1: a signal ended it; 1 also when it could not be started. */
  readonly exitCode: number;
  readonly durationMs: number;
  /** Whether the output came as it was printed. */
  readonly live: boolean;
}

export interface ExecResult extends ExecExit {
  readonly stdout: string;
  readonly stderr: string;
}

/** A piece of output, in the order in which it was seen. */
export interface ExecOutput {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/** A command that runs. Iterate it for its output, once; `wait()` for its end. Ending the loop early ends the command. */
export interface ExecStream extends AsyncIterable<ExecOutput>, AsyncDisposable {
  /** How it ended; output that nobody read yet is thrown away. */
  wait(): Promise<ExecExit>;
  /** Its end, once it was seen. */
  readonly exit: ExecExit | undefined;
}
