// Programs that a bench starts beside itself: one line on standard output says that they are ready.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface Beside {
  /** The first line it printed. */
  readonly line: string;
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

/** Starts a program without the caller's environment and waits for its first line. Rejects when it ends before. */
export async function beside(command: string, args: readonly string[]): Promise<Beside> {
  const env = { PATH: process.env.PATH ?? '/usr/bin:/bin' };
  const child = spawn(command, [...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const early = once(child, 'exit').then(([code]) => {
    throw new Error(`${command} ${args.join(' ')} ended with ${String(code)} before it was ready`);
  });
  early.catch(() => undefined);
  const [chunk] = (await Promise.race([once(child.stdout, 'data'), early])) as [Buffer];
  return {
    line: chunk.toString().trim(),
    child,
    async stop() {
      const gone = once(child, 'exit');
      if (child.exitCode === null && child.kill()) await gone;
    },
  };
}
