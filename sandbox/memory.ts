// Owns: making V8 give back what it can spare. Does not own: when (run-daemon.ts at the start, idle-trim.ts later).
// Asked through the inspector's protocol inside this process, with no port open. --expose-gc would do the same, but like most
// V8 flags it makes V8 distrust the compiled code that Node carries for its own modules: 20 ms of every start.
import { inspector } from './builtins.ts';

/**
 * Makes the function that collects. It takes about 13 ms of this thread, twice a full collection, and resolves when done.
 * The session stays open: closing one while it collects never returns (Node 24).
 */
export function createCollector(): () => Promise<void> {
  const session = new (inspector().Session)();
  session.connect();
  return () =>
    new Promise((resolve) => {
      session.post('HeapProfiler.collectGarbage', () => {
        resolve();
      });
    });
}
