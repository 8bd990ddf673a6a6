// Owns: making directories and files inside the workspace such that no symbolic link, however quickly swapped in, leads the
// write outside: the last component is opened with O_NOFOLLOW and what was really opened is looked up before a byte changes.
// Does not own: what is written, or the answer.
import { fs, path } from './builtins.ts';
import { insideJail, resolveLinks } from './jail.ts';

const DIRECTORY_MODE = 0o755;

/** Says that a link was swapped in between the check and the open. */
export class JailEscape extends Error {
  constructor(target: string) {
    super(`access denied: resolved path '${target}' escapes workspace jail via symlink`);
  }
}

/** Makes the directory and its parents (0755), then checks again that it lies inside. Throws what mkdir throws, or JailEscape. */
export function makeDirectory(workspace: string, directory: string): void {
  fs.mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE });
  const real = resolveLinks(directory);
  if (!insideJail(workspace, real)) throw new JailEscape(real);
}

/** What the kernel says was opened; the given path where there is no /proc to ask. */
function openedPath(fd: number, target: string): string {
  try {
    return fs.readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return target;
  }
}

/**
 * Opens a file for writing, creating it with `mode` (less the umask); an existing one keeps its mode and is emptied only
 * after it proved to lie inside. O_NONBLOCK: a FIFO without a reader fails instead of stopping the daemon.
 */
export function openForWriting(workspace: string, target: string, mode: number): number {
  const { O_WRONLY, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  const real = path.join(resolveLinks(path.dirname(target)), path.basename(target));
  if (!insideJail(workspace, real)) throw new JailEscape(real);
  const fd = fs.openSync(real, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, mode);
  try {
    const opened = openedPath(fd, real);
    if (!insideJail(workspace, opened)) throw new JailEscape(opened);
    if (fs.fstatSync(fd).isFile()) fs.ftruncateSync(fd, 0);
    return fd;
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
}
