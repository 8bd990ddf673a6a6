// Owns: the files of an interpreter's workspace. Paths are relative to it; a leading slash means the workspace, too.
// Does not own: commands (exec.ts). Nothing here needs more than stock PicoD 0.1.
import { AgentCubeError, CommandExecutionError } from './errors.ts';
import type { Exec } from './exec.ts';
import type { InterpreterCalls } from './interpreter-calls.ts';
import { openLocal, saveLocal } from './local-files.ts';
import { contentOf, formOf, type FileContent } from './multipart.ts';
import type { CallOptions } from './options.ts';
import { pieces, readBytes } from './transport/read.ts';
import { namesOf } from './workspace-path.ts';

/** A file or directory, as `list` tells of it. */
export interface FileEntry {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** RFC 3339. */
  readonly modified: string;
  /** As `ls -l` prints it. */
  readonly mode: string;
  readonly isDirectory: boolean;
}

/** A file that was written. */
export interface WrittenFile {
  /** Relative to the workspace. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly mode: string;
  readonly modified: string;
}

export interface WriteOptions extends CallOptions {
  /** Octal; `0644`. A file that is there keeps its own. */
  readonly mode?: string | undefined;
}

/** What the daemon takes in one request (bytes). */
const mostBytes = 32 * 1024 * 1024;
const listed = '/api/files';

interface ListedFile extends Omit<FileEntry, 'isDirectory'> {
  readonly is_dir: boolean;
}

/** The files of one session: `interpreter.files`. At most 32 MiB go in at once; there is no limit to what comes out. */
export class Files {
  readonly #calls: InterpreterCalls;
  readonly #exec: Exec;

  /** Made by `CodeInterpreter`. */
  constructor(calls: InterpreterCalls, exec: Exec) {
    this.#calls = calls;
    this.#exec = exec;
  }

  /** The whole file. Rejects with FILE_NOT_FOUND. */
  async read(path: string, options: CallOptions = {}): Promise<Uint8Array> {
    return readBytes(await this.stream(path, options));
  }

  /** The whole file as UTF-8. */
  async readText(path: string, options: CallOptions = {}): Promise<string> {
    return new TextDecoder().decode(await this.read(path, options));
  }

  /** The file piece by piece, for what is too large for memory. */
  async stream(path: string, options: CallOptions = {}): Promise<ReadableStream<Uint8Array>> {
    const names = namesOf(path).map(encodeURIComponent).join('/');
    const asked = { feature: 'files.read', harmless: true, method: 'GET', path: `${listed}/${names}` };
    return (await this.#calls.call({ ...asked, ...options })).body;
  }

  /** Makes the file, and directories on the way to it; one that is there gets new content. */
  async write(path: string, content: FileContent, options: WriteOptions = {}): Promise<WrittenFile> {
    return this.#send(path, contentOf(content), options);
  }

  /** Copies a file of this machine. In Node only. */
  async upload(localPath: string, remotePath: string, options: WriteOptions = {}): Promise<WrittenFile> {
    const { source, length } = await openLocal(localPath);
    return this.#send(remotePath, { source, length }, options);
  }

  /** Copies to a file of this machine, which appears whole or not at all. In Node only. */
  async download(remotePath: string, localPath: string, options: CallOptions = {}): Promise<void> {
    await saveLocal(localPath, pieces(await this.stream(remotePath, options)));
  }

  /** One directory, not what is below its directories. */
  async list(path = '.', options: CallOptions = {}): Promise<FileEntry[]> {
    const asked = { feature: 'files.list', harmless: true, method: 'GET' };
    const query = `${listed}?path=${encodeURIComponent(path)}`;
    const answer = await this.#calls.call({ ...asked, ...options, path: query });
    const { files = [] } = (await answer.json()) as { files?: readonly ListedFile[] };
    return files.map(({ is_dir: isDirectory, ...rest }) => ({ ...rest, isDirectory }));
  }

  /** Removes a file; with `recursive` a directory and all in it. What is not there is no error. */
  async remove(path: string, options: { readonly recursive?: boolean } & CallOptions = {}): Promise<void> {
    const { recursive = false, ...rest } = options;
    await this.#run(['rm', recursive ? '-rf' : '-f', '--', this.#named(path)], rest);
  }

  /** Makes a directory, and those on the way to it. */
  async makeDirectory(path: string, options: CallOptions = {}): Promise<void> {
    await this.#run(['mkdir', '-p', '--', this.#named(path)], options);
  }

  #named(path: string): string {
    const names = namesOf(path);
    if (names.length > 0) return names.join('/');
    throw new AgentCubeError('INVALID_ARGUMENT', 'path is the workspace itself');
  }

  async #run(command: readonly string[], options: CallOptions): Promise<void> {
    const result = await this.#exec.run(command, options);
    if (result.exitCode !== 0) throw new CommandExecutionError(command, result, this.#calls.sessionId);
  }

  async #send(
    path: string,
    content: ReturnType<typeof contentOf>,
    { mode = '0644', ...options }: WriteOptions,
  ): Promise<WrittenFile> {
    const length = content instanceof Uint8Array ? content.byteLength : (content.length ?? 0);
    if (length > mostBytes)
      throw new AgentCubeError('BODY_TOO_LARGE', `${path} is larger than ${mostBytes} bytes`, {
        sessionId: this.#calls.sessionId,
        hint: 'Send less at once, or let a command in the sandbox put it together.',
      });
    const name = path.split('/').pop() ?? '';
    const form = formOf({ path, mode }, content, name, `agentcube-${crypto.randomUUID()}`);
    // The same content to the same file: twice is as once.
    const asked = { feature: 'files.write', harmless: true, method: 'POST', path: listed };
    return (await (await this.#calls.call({ ...asked, ...options, ...form })).json()) as WrittenFile;
  }
}
