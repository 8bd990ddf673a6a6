// Owns: the words Go uses for operating system errors, because PicoD puts them into answers.
// Does not own: which answer they go into.

const TEXTS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'not a directory',
  EISDIR: 'is a directory',
  EEXIST: 'file exists',
  ENOTEMPTY: 'directory not empty',
  ENOSPC: 'no space left on device',
  EDQUOT: 'disk quota exceeded',
  EFBIG: 'file too large',
  EROFS: 'read-only file system',
  ELOOP: 'too many levels of symbolic links',
  ENAMETOOLONG: 'file name too long',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files in system',
  EAGAIN: 'resource temporarily unavailable',
  ENOMEM: 'cannot allocate memory',
  E2BIG: 'argument list too long',
  ENOEXEC: 'exec format error',
  ETXTBSY: 'text file busy',
  ENXIO: 'no such device or address',
  EIO: 'input/output error',
  ERR_INVALID_ARG_VALUE: 'invalid argument',
  EINVAL: 'invalid argument',
};

/** The error's code (`ENOENT`), or '' when it has none. */
export function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

/** The reason alone, in Go's words: `no such file or directory`. */
export function goReason(error: unknown): string {
  const known = TEXTS[errorCode(error)];
  return known ?? (error instanceof Error ? error.message : String(error));
}

/** A Go PathError: `open /workspace/a: permission denied`. */
export const goPathError = (operation: string, target: string, error: unknown): string =>
  `${operation} ${target}: ${goReason(error)}`;
