// Owns: where things lie in the data dir, and that the paths fit. Pure: makes no files.
// One folder per sandbox; what unprivileged uids must reach is traversable and not listable (0711).
import path from 'node:path';

export interface SandboxPaths {
  readonly root: string;
  /** The record: what was asked for and how far it came. */
  readonly record: string;
  /** The session's files; belongs to the sandbox's uid. */
  readonly workspace: string;
  /** Sockets and busy marks; belongs to the sandbox's uid. */
  readonly run: string;
  readonly busy: string;
  /** Output of its processes. */
  readonly log: string;
  /** FIFO that is open for writing inside as long as anything of the sandbox lives. */
  readonly live: string;
  /** JSON lines that tell the exit code. */
  readonly status: string;
  /** Arguments with the environment, kept out of the process list. */
  readonly plan: string;
  /** Empty folder on which the `unshare` tier builds the view. */
  readonly mount: string;
}

export interface Layout {
  readonly dataDir: string;
  readonly images: string;
  readonly runtime: string;
  readonly sandboxes: string;
  /** The platform's sockets for those agents that may call it; there while it listens. */
  readonly platform: string;
  sandbox(id: string): SandboxPaths;
}

export function layoutOf(dataDir: string): Layout {
  const at = (...names: string[]): string => path.join(dataDir, ...names);
  const sandbox = (id: string): SandboxPaths => {
    const inside = (...names: string[]): string => at('sandboxes', id, ...names);
    return {
      root: inside(),
      record: inside('sandbox.json'),
      workspace: inside('workspace'),
      run: inside('run'),
      busy: inside('run', 'busy'),
      log: inside('log'),
      live: inside('live'),
      status: inside('status'),
      plan: inside('plan'),
      mount: inside('mount'),
    };
  };
  return {
    ...{ dataDir, images: at('images'), runtime: at('runtime'), sandboxes: at('sandboxes') },
    platform: at('platform'),
    sandbox,
  };
}

/** The socket of one port of a sandbox, as a path on the host. */
export const socketPath = (paths: SandboxPaths, port: number): string => path.join(paths.run, `${port}.sock`);

/** Longest path that a unix socket may have (bytes, without the final zero). */
const longestSocketPath = 107;
const longestId = '0'.repeat(36);

/** How many bytes too long the data dir's path is for sockets in it; 0 when it fits. */
export function bytesTooLong(dataDir: string): number {
  const longest = socketPath(layoutOf(dataDir).sandbox(longestId), 65_535);
  return Math.max(0, Buffer.byteLength(longest) - longestSocketPath);
}
