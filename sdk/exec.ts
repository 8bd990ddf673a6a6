// Owns: commands in an interpreter: their results, and their output as it comes.
// Does not own: where the session came from. Stock PicoD 0.1 has no streaming: then all output comes at the end, and `live` is false.
import { AgentCubeError } from './errors.ts';
import type { InterpreterCalls } from './interpreter-calls.ts';
import type { CallOptions } from './options.ts';
import { splitWords } from './shell-words.ts';
import { jsonBody, type Answer } from './transport/client.ts';
import { lines, parseJson } from './transport/read.ts';

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

/**
 * A command with its output as it comes. It is started when it is first iterated or waited for, and can be iterated once. Ending the
 * loop early ends the command where the server streams.
 *
 * @example
 * ```ts
 * import { CodeInterpreter } from 'agentcube';
 *
 * await using interpreter = await CodeInterpreter.open({ name: 'my-codeinterpreter' });
 * const running = interpreter.execStream(['sh', '-c', 'echo one; sleep 0.2; echo two; exit 3']);
 * for await (const { stream, text } of running) console.log(stream, text.trim());
 * const { exitCode } = await running.wait();
 * console.log(exitCode); // 3
 * ```
 */
export interface ExecStream extends AsyncIterable<ExecOutput>, AsyncDisposable {
  /** How it ended; output that nobody read yet is thrown away. */
  wait(): Promise<ExecExit>;
  /** Its end, once it was seen. */
  readonly exit: ExecExit | undefined;
}

/** The Python SDK's, in milliseconds. */
const defaultExecTimeoutMs = 120_000;
/** The daemon's own answer to a timeout has to arrive. */
const answerMarginMs = 2_000;
const lineType = 'application/x-ndjson';

/** What the daemon answers at the end, or as the last line. */
interface ToldExit {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exit_code?: number;
  readonly duration?: number;
}

type Begin = () => Promise<Answer>;

const exitOf = ({ exit_code: exitCode = 0, duration = 0 }: ToldExit, live: boolean): ExecExit => ({
  exitCode,
  durationMs: duration * 1_000,
  live,
});

class RunningCommand implements ExecStream {
  exit: ExecExit | undefined;
  readonly #outputs: AsyncGenerator<ExecOutput, void>;

  constructor(begin: Begin, sessionId: string) {
    this.#outputs = this.#run(begin, sessionId);
  }

  [Symbol.asyncIterator](): AsyncGenerator<ExecOutput, void> {
    return this.#outputs;
  }

  async wait(): Promise<ExecExit> {
    while ((await this.#outputs.next()).done !== true);
    if (this.exit !== undefined) return this.exit;
    throw new AgentCubeError('CLOSED', 'the command was left before it ended');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#outputs.return();
  }

  async *#run(begin: Begin, sessionId: string): AsyncGenerator<ExecOutput, void> {
    const answer = await begin();
    if (!answer.is(lineType)) {
      const told = (await answer.json()) as ToldExit;
      yield* outputsOf(told);
      this.exit = exitOf(told, false);
      return;
    }
    for await (const line of lines(answer.body)) {
      const told = parseJson(line, 'exec') as ToldExit;
      yield* outputsOf(told);
      if (told.exit_code !== undefined) this.exit = exitOf(told, true);
    }
    if (this.exit !== undefined) return;
    throw new AgentCubeError('CONNECTION_LOST', 'the output broke off before the command ended', {
      sessionId,
    });
  }
}

function* outputsOf({ stdout = '', stderr = '' }: ToldExit): Generator<ExecOutput> {
  if (stdout !== '') yield { stream: 'stdout', text: stdout };
  if (stderr !== '') yield { stream: 'stderr', text: stderr };
}

/** Runs commands in one session. */
export class Exec {
  readonly #calls: InterpreterCalls;

  constructor(calls: InterpreterCalls) {
    this.#calls = calls;
  }

  /** Resolves when it ended, whatever its code. */
  async run(command: string | readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    const answer = await this.#ask(command, options, 'application/json');
    const told = (await answer.json()) as ToldExit;
    return { stdout: told.stdout ?? '', stderr: told.stderr ?? '', ...exitOf(told, false) };
  }

  /** `before` is awaited first: what the command needs. */
  stream(
    command: string | readonly string[],
    options: ExecOptions = {},
    before?: () => Promise<unknown>,
  ): ExecStream {
    const begin = async (): Promise<Answer> => {
      await before?.();
      return this.#ask(command, options, `${lineType}, application/json`);
    };
    return new RunningCommand(begin, this.#calls.sessionId);
  }

  #ask(command: string | readonly string[], options: ExecOptions, accept: string): Promise<Answer> {
    const { timeoutMs = defaultExecTimeoutMs, workingDir, env, signal } = options;
    const words = typeof command === 'string' ? splitWords(command) : command;
    if (words.length === 0) throw new AgentCubeError('INVALID_ARGUMENT', 'command is empty');
    const { body, headers } = jsonBody({
      command: words,
      timeout: `${timeoutMs / 1_000}s`,
      ...(workingDir !== undefined && { working_dir: workingDir }),
      ...(env && { env }),
    });
    return this.#calls.call({
      feature: 'exec',
      // A command may do anything, so it is never run twice.
      harmless: false,
      method: 'POST',
      path: '/api/execute',
      timeoutMs: timeoutMs + answerMarginMs,
      headers: { ...headers, accept },
      body,
      signal,
    });
  }
}
