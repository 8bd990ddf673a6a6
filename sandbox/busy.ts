// Owns: the files that tell the platform why this sandbox must not be paused (S2): one per running command.
// Does not own: reading them; the driver does, from outside. An agent may put files of its own beside them.
import { fs, path } from './builtins.ts';

/** Declares one piece of work; the returned function ends it and may be called more than once. */
export type BeginWork = () => () => void;

/** Nobody asks whether this daemon is busy. */
export const neverBusy: BeginWork = () => () => undefined;

/**
 * Keeps `command-<n>` in the directory while work lasts. What an earlier daemon left there is removed: its commands are gone.
 * A file that cannot be made (a full disk) is no reason to refuse the command: the request itself still keeps the session awake.
 */
export function busyFiles(directory: string): BeginWork {
  fs.mkdirSync(directory, { recursive: true });
  for (const name of fs.readdirSync(directory))
    fs.rmSync(path.join(directory, name), { recursive: true, force: true });
  let count = 0;
  return () => {
    count += 1;
    const file = path.join(directory, `command-${count}`);
    try {
      fs.writeFileSync(file, '');
    } catch {
      return () => undefined;
    }
    return () => {
      fs.rmSync(file, { force: true });
    };
  };
}
