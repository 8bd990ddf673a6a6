// Owns: the files that tell the platform that this agent is not idle although nobody is connected: one for each reason.
// While one lies in the busy directory the session is not paused. Without a directory (another platform) there is nothing to tell.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Work under way. `end` may be called more than once; `using` ends it, too. */
export interface Busy {
  end(): void;
  [Symbol.dispose](): void;
}

/** Where marks are made; `end` of a mark removes it. */
export interface BusyMarks {
  begin(reason: string): () => void;
  /** Reasons that hold now, in the order of their beginning. */
  reasons(): readonly string[];
}

/** The file's name is what the platform shows to whoever asks why a session stays awake. */
const fileName = (reason: string, count: number): string =>
  `${reason.replaceAll(/[^\w.:@#+-]+/g, '-').slice(0, 80) || 'work'}-${count}`;

function mark(file: string): () => void {
  writeFileSync(file, '');
  return () => rmSync(file, { force: true });
}

/** Marks as files in the directory; kept in memory only when there is none. */
export function createBusyMarks(directory: string | undefined, onFault: (fault: unknown) => void): BusyMarks {
  const held = new Map<number, string>();
  let count = 0;
  if (directory !== undefined) mkdirSync(directory, { recursive: true });

  const file = (reason: string, number: number): (() => void) => {
    if (directory === undefined) return () => undefined;
    try {
      return mark(join(directory, fileName(reason, number)));
    } catch (fault) {
      // A full disk is no reason to refuse the work; it may be paused in the middle, and the log says why.
      onFault(fault);
      return () => undefined;
    }
  };

  return {
    begin(reason) {
      const number = (count += 1);
      held.set(number, reason);
      const remove = file(reason, number);
      return () => {
        if (held.delete(number)) remove();
      };
    },
    reasons: () => [...held.values()],
  };
}
