// Owns: finding a command's file as Go's os/exec does: a bare name through the daemon's own PATH (not the request's), in Go's
// words when it is not there. Does not own: starting it.
import { fs, path } from './builtins.ts';

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The file to execute; undefined when a bare name is nowhere on the PATH. A name with a slash is taken as it is. */
export function findExecutable(name: string, searchPath: string): string | undefined {
  if (name.includes('/')) return name;
  if (name === '') return undefined;
  return searchPath
    .split(':')
    .filter((directory) => directory.startsWith('/'))
    .map((directory) => path.join(directory, name))
    .find(isExecutable);
}
