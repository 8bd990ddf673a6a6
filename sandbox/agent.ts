// Owns: agent mode: the forwarders, the agent's process, passing signals to it and its end to the platform.
// Does not own: being pid 1 of the sandbox, or the log the agent's output goes to; both are the launcher's.
import type { ChildProcess } from 'node:child_process';
import { childProcess, os, path } from './builtins.ts';
import { forwardPort } from './forward.ts';
import { errorCode, goReason } from './go-errors.ts';
import { openPlatform } from './platform.ts';

export interface AgentOptions {
  readonly command: readonly string[];
  readonly ports: readonly number[];
  readonly runDirectory: string;
  /** Where the platform's sockets lie; undefined: the agent may not call it. */
  readonly platformDirectory: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** Calls the listener for every signal that asks this program to stop. */
  readonly onStopSignal: (listener: (signal: NodeJS.Signals) => void) => void;
}

/** As a shell answers. */
const NOT_FOUND_CODE = 127;
const NOT_EXECUTABLE_CODE = 126;
const SIGNAL_BASE = 128;

function waitForEnd(child: ChildProcess, name: string): Promise<number> {
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`cannot start the agent: ${name}: ${goReason(error)}`);
      resolve(errorCode(error) === 'ENOENT' ? NOT_FOUND_CODE : NOT_EXECUTABLE_CODE);
    });
    child.once('exit', (code, signal) => {
      resolve(code ?? SIGNAL_BASE + (signal === null ? 0 : os().constants.signals[signal]));
    });
  });
}

/**
 * Listens on `<runDirectory>/<port>.sock` for every port, then starts the command with PORT set to the first of them.
 * @returns the code to exit with: the agent's own, or 128 plus the number of the signal that ended it.
 */
export async function runAgent(options: AgentOptions): Promise<number> {
  const [name, ...args] = options.command;
  if (name === undefined) throw new Error('agent mode needs a command: main.ts agent -- command args...');
  for (const port of options.ports) {
    await forwardPort(path.join(options.runDirectory, `${port}.sock`), port);
  }
  const { platformDirectory } = options;
  const platform = platformDirectory === undefined ? {} : await openPlatform(platformDirectory);
  const child = childProcess().spawn(name, args, {
    stdio: 'inherit',
    env: { ...options.environment, ...platform, PORT: String(options.ports[0]) },
  });
  options.onStopSignal((signal) => child.kill(signal));
  return waitForEnd(child, name);
}
