// Owns: telling ends to whoever listens. What happens before somebody listens is told to the first who does.
import type { SandboxExit } from '../../controller/driver.ts';
import type { Cancel } from '../../model/clock.ts';

export interface Exits {
  tell(exit: SandboxExit): void;
  listen(listener: (exit: SandboxExit) => void): Cancel;
}

export function createExits(): Exits {
  const listeners = new Set<(exit: SandboxExit) => void>();
  const untold: SandboxExit[] = [];
  return {
    tell(exit) {
      if (listeners.size === 0) untold.push(exit);
      for (const listener of listeners) listener(exit);
    },
    listen(listener) {
      listeners.add(listener);
      for (const exit of untold.splice(0)) listener(exit);
      return () => void listeners.delete(listener);
    },
  };
}
