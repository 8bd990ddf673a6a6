// Owns: a session of a CodeInterpreter: open or reuse, run, end. Names and defaults are those of AgentCube's Python SDK.
// Does not own: files (files.ts), commands (exec.ts), the wire (transport/).
import type { ExecOptions, ExecResult, ExecStream } from './exec.ts';
import type { FileEntry, Files, WrittenFile } from './files.ts';
import type { CallOptions, ConnectOptions, OnDispose } from './options.ts';

export interface CodeInterpreterOptions extends ConnectOptions, CallOptions {
  /** Of the CodeInterpreter; `my-interpreter`. */
  readonly name?: string | undefined;
  /** `default`. */
  readonly namespace?: string | undefined;
  /** Seconds, as the Python SDK sends it; 3600. Servers go by the runtime's `sessionTimeout`. */
  readonly ttl?: number | undefined;
  /** Reuses a session instead of opening one. */
  readonly sessionId?: string | undefined;
  /** At the end of `await using`. `end` where the control API's address is known, else `keep`. */
  readonly onDispose?: OnDispose | undefined;
}

export type Language = 'python' | 'python3' | 'py' | 'bash' | 'sh' | (string & {});

/**
 * A computer of one's own for code that a model wrote. Runs share files and nothing else: each is a process of its own.
 *
 * @example
 * ```ts
 * import { CodeInterpreter } from 'agentcube';
 *
 * await using interpreter = await CodeInterpreter.open({ name: 'my-codeinterpreter' });
 * console.log(await interpreter.runCode('python', 'print(6 * 7)')); // 42
 * ```
 */
export declare class CodeInterpreter implements AsyncDisposable {
  /** Opens a session, or reuses one: then nothing is sent yet. */
  static open(options?: CodeInterpreterOptions): Promise<CodeInterpreter>;

  readonly sessionId: string;
  readonly name: string;
  readonly namespace: string;
  readonly files: Files;

  /** What the code printed. Rejects with CommandExecutionError when it ends with another code than 0. */
  runCode(language: Language, code: string, options?: ExecOptions): Promise<string>;
  /** The same with its output as it comes, and without that error. */
  runCodeStream(language: Language, code: string, options?: ExecOptions): ExecStream;
  /** Runs a command. A string is split into words as a shell does, and no shell is run. */
  exec(command: string | readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** The same with its output as it comes. */
  execStream(command: string | readonly string[], options?: ExecOptions): ExecStream;
  /** Ends the session; one that is gone is no error. */
  stop(options?: CallOptions): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;

  /** Python's name: what the command printed; rejects with CommandExecutionError. */
  executeCommand(command: string | readonly string[], options?: ExecOptions): Promise<string>;
  /** Python's name for `exec`. */
  executeCommandResult(command: string | readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** Python's name for `files.write`, and its order of arguments. */
  writeFile(content: string, remotePath: string, options?: CallOptions): Promise<WrittenFile>;
  /** Python's name for `files.upload`. */
  uploadFile(localPath: string, remotePath: string, options?: CallOptions): Promise<WrittenFile>;
  /** Python's name for `files.download`. */
  downloadFile(remotePath: string, localPath: string, options?: CallOptions): Promise<void>;
  /** Python's name for `files.list`. */
  listFiles(path?: string, options?: CallOptions): Promise<FileEntry[]>;
}
