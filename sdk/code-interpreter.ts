// Owns: a session of a CodeInterpreter: open or reuse, run, end. Names and defaults are those of AgentCube's Python SDK.
// Does not own: files (files.ts), commands (exec.ts), the wire (transport/).
import { endSession } from './end-session.ts';
import { AgentCubeError, CommandExecutionError } from './errors.ts';
import { Exec, type ExecOptions, type ExecResult, type ExecStream } from './exec.ts';
import { Files, type FileEntry, type WrittenFile } from './files.ts';
import { InterpreterCalls } from './interpreter-calls.ts';
import type { CallOptions, ConnectOptions, OnDispose } from './options.ts';
import { Client, jsonBody } from './transport/client.ts';

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
export class CodeInterpreter implements AsyncDisposable {
  readonly sessionId: string;
  readonly name: string;
  readonly namespace: string;
  readonly files: Files;
  readonly #control: Client;
  readonly #calls: InterpreterCalls;
  readonly #exec: Exec;
  readonly #onDispose: OnDispose;

  private constructor(options: CodeInterpreterOptions, control: Client, sessionId: string) {
    const { name = defaultName, namespace = defaultNamespace } = options;
    this.sessionId = sessionId;
    this.name = name;
    this.namespace = namespace;
    this.#control = control;
    const base = `/v1/namespaces/${encodeURIComponent(namespace)}/code-interpreters/${encodeURIComponent(name)}/invocations`;
    this.#calls = new InterpreterCalls(new Client('router', options), base, sessionId);
    this.#exec = new Exec(this.#calls);
    this.files = new Files(this.#calls, this.#exec);
    this.#onDispose = options.onDispose ?? (control.known ? 'end' : 'keep');
  }

  /** Opens a session, or reuses one: then nothing is sent yet. */
  static async open(options: CodeInterpreterOptions = {}): Promise<CodeInterpreter> {
    const control = new Client('control', options);
    // Told before a session is opened that nobody could reach.
    new Client('router', options).url('');
    const sessionId = options.sessionId ?? (await openSession(control, options));
    return new CodeInterpreter(options, control, sessionId);
  }

  /** What the code printed. Rejects with CommandExecutionError when it ends with another code than 0. */
  async runCode(language: Language, code: string, options: ExecOptions = {}): Promise<string> {
    const { file, command } = scriptOf(language);
    await this.files.write(file, code, { signal: options.signal });
    return this.executeCommand(command, options);
  }

  /** The same with its output as it comes, and without that error. */
  runCodeStream(language: Language, code: string, options: ExecOptions = {}): ExecStream {
    const { file, command } = scriptOf(language);
    return this.#exec.stream(command, options, () =>
      this.files.write(file, code, { signal: options.signal }),
    );
  }

  /** Runs a command. A string is split into words as a shell does, and no shell is run. */
  async exec(command: string | readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    return this.#exec.run(command, options);
  }

  /** The same with its output as it comes. */
  execStream(command: string | readonly string[], options: ExecOptions = {}): ExecStream {
    return this.#exec.stream(command, options);
  }

  /** Ends the session; one that is gone is no error. */
  async stop(options: CallOptions = {}): Promise<void> {
    await endSession(this.#control, 'CodeInterpreter', this.sessionId, options);
    this.#calls.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#onDispose === 'end') await this.stop();
  }

  /** Python's name: what the command printed; rejects with CommandExecutionError. */
  async executeCommand(command: string | readonly string[], options: ExecOptions = {}): Promise<string> {
    const result = await this.#exec.run(command, options);
    if (result.exitCode !== 0) throw new CommandExecutionError(command, result, this.sessionId);
    return result.stdout;
  }

  /** Python's name for `exec`. */
  executeCommandResult(command: string | readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    return this.exec(command, options);
  }

  /** Python's name for `files.write`, and its order of arguments. */
  writeFile(content: string, remotePath: string, options: CallOptions = {}): Promise<WrittenFile> {
    return this.files.write(remotePath, content, options);
  }

  /** Python's name for `files.upload`. */
  uploadFile(localPath: string, remotePath: string, options: CallOptions = {}): Promise<WrittenFile> {
    return this.files.upload(localPath, remotePath, options);
  }

  /** Python's name for `files.download`. */
  downloadFile(remotePath: string, localPath: string, options: CallOptions = {}): Promise<void> {
    return this.files.download(remotePath, localPath, options);
  }

  /** Python's name for `files.list`. */
  listFiles(path = '.', options: CallOptions = {}): Promise<FileEntry[]> {
    return this.files.list(path, options);
  }
}

const defaultName = 'my-interpreter';
const defaultNamespace = 'default';
const defaultTtlSeconds = 3_600;

async function openSession(control: Client, options: CodeInterpreterOptions): Promise<string> {
  const { name = defaultName, namespace = defaultNamespace, ttl = defaultTtlSeconds } = options;
  const answer = await control.call({
    feature: 'CodeInterpreter.open',
    answerer: 'platform',
    additive: false,
    // A session that nobody was told of ends by itself; still one is enough.
    harmless: false,
    method: 'POST',
    path: '/v1/code-interpreter',
    ...jsonBody({ name, namespace, ttl, metadata: {} }),
    signal: options.signal,
    timeoutMs: options.timeoutMs,
  });
  const { sessionId } = (await answer.json()) as { sessionId?: unknown };
  if (typeof sessionId === 'string' && sessionId !== '') return sessionId;
  throw new AgentCubeError('INVALID_RESPONSE', 'the answer to opening a session has no sessionId');
}

interface Script {
  readonly file: string;
  readonly command: readonly string[];
}

const languages: Readonly<Record<string, readonly [program: string, ending: string]>> = {
  python: ['python3', 'py'],
  python3: ['python3', 'py'],
  py: ['python3', 'py'],
  bash: ['bash', 'sh'],
  sh: ['bash', 'sh'],
};

/** Digits beside the time keep runs of one millisecond apart. The file stays, as with the Python SDK: others may import it. */
function scriptOf(language: string): Script {
  const [program, ending] = languages[language.toLowerCase()] ?? [];
  if (program === undefined)
    throw new AgentCubeError('INVALID_ARGUMENT', `Unsupported language: ${language}`, {
      hint: `Use one of ${Object.keys(languages).join(', ')}, or write a file and run it with exec.`,
    });
  const digits = String(Math.floor(Math.random() * 1_000_000)).padStart(6, '0');
  const file = `script_${Date.now()}${digits}.${ending}`;
  return { file, command: [program, file] };
}
