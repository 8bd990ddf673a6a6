// Owns: what a path of a workspace means, as the daemon reads it: relative to the workspace, also with a leading slash, and never
// outside of it. Pure. Does not own: symbolic links, which only the daemon sees.
import { AgentCubeError } from './errors.ts';

/** The path's names from the workspace down; none for the workspace itself. Throws INVALID_ARGUMENT when it leads out of it. */
export function namesOf(path: string): string[] {
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue;
    if (name !== '..') names.push(name);
    else if (names.pop() === undefined)
      throw new AgentCubeError('INVALID_ARGUMENT', `${JSON.stringify(path)} leads out of the workspace`);
  }
  return names;
}
