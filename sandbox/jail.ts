// Owns: which file a client's path means. Every path ends up inside the workspace, symbolic links resolved, or is refused.
// Does not own: opening it. Between this answer and an open a running command may swap a directory for a link, so what
// creates files checks once more what it really opened (insideJail, openInJail in file-write.ts). The jail does not bind commands.
import { fs, path } from './builtins.ts';
import { errorCode } from './go-errors.ts';

export type Jailed = { ok: true; path: string } | { ok: false; error: string };

const MAX_LINKS = 255;

/** True if `target` is the workspace or lies in it. Both absolute, cleaned and free of links. */
export function insideJail(workspace: string, target: string): boolean {
  const relative = path.relative(workspace, target);
  return relative !== '..' && !relative.startsWith('../');
}

/** Where the client's path points, by text alone: an absolute path is re-rooted at the workspace. Pure. */
export function placeInJail(workspace: string, requested: string): Jailed {
  const cleaned = path.posix.normalize(requested === '' ? '.' : requested).replace(/^\/+/, '');
  const candidate = path.resolve(workspace, cleaned === '' ? '.' : cleaned);
  if (insideJail(workspace, candidate)) return { ok: true, path: candidate };
  const traversal = path.relative(workspace, candidate);
  const reason = `escapes workspace jail (relative path traversal: ${traversal})`;
  return { ok: false, error: `access denied: path '${requested}' ${reason}` };
}

function readLink(target: string): string | undefined {
  try {
    return fs.readlinkSync(target);
  } catch (error) {
    // EINVAL: it is there and no link. Anything else (missing, not searchable): the opening of it will say so.
    if (errorCode(error) !== '') return undefined;
    throw error;
  }
}

/**
 * Resolves every link on the way, also where the tail does not exist yet and where a link dangles: a new file below a link
 * that leads out of the workspace is outside, whatever its name says.
 */
export function resolveLinks(target: string): string {
  const pending = target.split('/').filter((part) => part !== '');
  let resolved = '/';
  for (let links = 0; pending.length > 0;) {
    const next = path.resolve(resolved, pending.shift() ?? '.');
    const link = links < MAX_LINKS ? readLink(next) : undefined;
    if (link === undefined) {
      resolved = next;
      continue;
    }
    links += 1;
    if (link.startsWith('/')) resolved = '/';
    pending.unshift(...link.split('/').filter((part) => part !== ''));
  }
  return resolved;
}

/**
 * The real path a request means.
 * @param workspace absolute and free of links (the daemon resolves it once at start).
 * @returns the error texts of PicoD 0.1 when the path leaves the workspace, by name or through a link.
 */
export function resolveInJail(workspace: string, requested: string): Jailed {
  const placed = placeInJail(workspace, requested);
  if (!placed.ok) return placed;
  const resolved = resolveLinks(placed.path);
  if (insideJail(workspace, resolved)) return { ok: true, path: resolved };
  const names = `resolved path '${resolved}' (from '${requested}')`;
  return { ok: false, error: `access denied: ${names} escapes workspace jail via symlink` };
}
