// How to freeze and thaw one sandbox by hand, whichever freezer the host has. Reads the host, not the platform.
import { existsSync, globSync } from 'node:fs';

export interface HandFreezer {
  readonly file: string;
  readonly thaw: string;
  readonly stateFile: string;
  isFrozen(content: string): boolean;
}

/** The freezer of a sandbox by its id. Throws when the host has none. */
export function freezerOf(sandboxId: string): HandFreezer {
  for (const folder of globSync([`/sys/fs/cgroup/**/agentcube/*/${sandboxId}`])) {
    if (existsSync(`${folder}/cgroup.freeze`)) {
      const isFrozen = (content: string): boolean => /^frozen 1$/m.test(content);
      return { file: `${folder}/cgroup.freeze`, thaw: '0', stateFile: `${folder}/cgroup.events`, isFrozen };
    }
    if (existsSync(`${folder}/freezer.state`)) {
      const file = `${folder}/freezer.state`;
      return { file, thaw: 'THAWED', stateFile: file, isFrozen: (content) => content.startsWith('FROZEN') };
    }
  }
  throw new Error('this host has no freezer for the sandbox; the figure needs one');
}
