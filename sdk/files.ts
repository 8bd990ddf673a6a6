// Owns: the files of an interpreter's workspace. Paths are relative to it; a leading slash means the workspace, too.
// Does not own: commands (exec.ts). Nothing here needs more than stock PicoD 0.1.
import type { CallOptions } from './options.ts';

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

/** What a file can be made of. */
export type FileContent = string | Uint8Array | Blob | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

export interface WriteOptions extends CallOptions {
  /** Octal; `0644`. A file that is there keeps its own. */
  readonly mode?: string | undefined;
}

/** The files of one session. At most 32 MiB go in at once; there is no limit to what comes out. */
export declare class Files {
  /** The whole file. Rejects with FILE_NOT_FOUND. */
  read(path: string, options?: CallOptions): Promise<Uint8Array>;
  /** The whole file as UTF-8. */
  readText(path: string, options?: CallOptions): Promise<string>;
  /** The file piece by piece, for what is too large for memory. */
  stream(path: string, options?: CallOptions): Promise<ReadableStream<Uint8Array>>;
  /** Makes the file, and directories on the way to it; one that is there gets new content. */
  write(path: string, content: FileContent, options?: WriteOptions): Promise<WrittenFile>;
  /** Copies a file of this machine. In Node only. */
  upload(localPath: string, remotePath: string, options?: WriteOptions): Promise<WrittenFile>;
  /** Copies to a file of this machine, which appears whole or not at all. In Node only. */
  download(remotePath: string, localPath: string, options?: CallOptions): Promise<void>;
  /** One directory, not what is below its directories. */
  list(path?: string, options?: CallOptions): Promise<FileEntry[]>;
  /** Removes a file; with `recursive` a directory and all in it. What is not there is no error. */
  remove(path: string, options?: { readonly recursive?: boolean } & CallOptions): Promise<void>;
  /** Makes a directory, and those on the way to it. */
  makeDirectory(path: string, options?: CallOptions): Promise<void>;
}
