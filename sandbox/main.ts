// Owns: the programs that run inside a sandbox, as one entry: `daemon` (default) and `agent -- command args...`.
// Does not own: anything either of them does. The only file that reads process; nobody imports it.
import type { Server } from 'node:http';
import type { AgentModeOptions, DaemonOptions } from './main-options.ts';
import { inheritedEnvironment, OptionError, parseOptions } from './main-options.ts';

/** PicoD's graceful stop. */
const STOP_GRACE_MS = 10_000;

const onStopSignal = (listener: (signal: NodeJS.Signals) => void): void => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => listener(signal));
};

function stopGracefully(server: Server): void {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
  setTimeout(() => process.exit(0), STOP_GRACE_MS).unref();
}

async function daemon(options: DaemonOptions): Promise<void> {
  const { runDaemon } = await import('./run-daemon.ts');
  const server = await runDaemon(options, {
    currentDirectory: process.cwd(),
    commandEnvironment: inheritedEnvironment(process.env),
    monotonicNs: () => process.hrtime.bigint(),
  });
  onStopSignal(() => {
    stopGracefully(server);
  });
}

async function agent(options: AgentModeOptions): Promise<void> {
  const { runAgent } = await import('./agent.ts');
  process.exit(await runAgent({ ...options, environment: inheritedEnvironment(process.env), onStopSignal }));
}

try {
  const options = parseOptions(process.argv.slice(2), process.env);
  await (options.mode === 'agent' ? agent(options) : daemon(options));
} catch (error) {
  console.error(error instanceof OptionError ? `cannot start: ${error.message}` : error);
  process.exit(1);
}
