// Owns: an agent as a program: its settings from the environment, the port, signals, the process' end. What it does with requests is
// server.ts'. Errors of the start are told in one line; then the process ends, so that the platform sees it.
import process from 'node:process';
import { createBusyMarks } from './busy.ts';
import { machineClock } from './clock.ts';
import { definitionOf, type Agent } from './definition.ts';
import { createLog, type LogLevel, type LogOptions } from './log.ts';
import { AgentServer } from './server.ts';

/** What may be said otherwise than the platform says by the environment. */
export interface ServeOptions {
  /** `PORT`, else 8080. */
  readonly port?: number;
  /** All addresses by default. */
  readonly host?: string;
  /** `AGENTCUBE_LOG_LEVEL`, else `info`. */
  readonly logLevel?: LogLevel;
  /** How long what is in hand may take once the agent is to stop (ms); 10,000 by default. Kubernetes kills after 30,000. */
  readonly stopMs?: number;
}

/** An agent that serves. */
export interface Serving {
  /** Resolves with the port once it listens and `onStart` is done. */
  readonly ready: Promise<number>;
  /** As SIGTERM does, without ending the process. */
  stop(): Promise<void>;
}

const hookMs = 10_000;
const levels: readonly string[] = ['debug', 'info', 'warn', 'error'];

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

function logOptions({ logLevel }: ServeOptions): LogOptions {
  const { AGENTCUBE_LOG_LEVEL: asked = 'info' } = process.env;
  const level = logLevel ?? (levels.includes(asked) ? (asked as LogLevel) : 'info');
  return { level, now: () => Date.now(), write: (line) => void process.stdout.write(`${line}\n`) };
}

function portOf({ port }: ServeOptions): number {
  const asked = port ?? Number(process.env.PORT || '8080');
  if (Number.isInteger(asked) && asked >= 0 && asked <= 65_535) return asked;
  throw new TypeError(`PORT is to be a number from 0 to 65535, not ${process.env.PORT}`);
}

const listening = (server: AgentServer['http'], port: number, host: string | undefined): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host !== undefined && { host }) }, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });

/** Ends the process once the agent has stopped; a second signal ends it at once. */
function stopOnSignals(stop: () => Promise<void>): () => void {
  let asked = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (asked) process.exit(signal === 'SIGINT' ? 130 : 143);
    asked = true;
    void stop().then(() => process.exit(0));
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, onSignal);
  return () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.off(signal, onSignal);
  };
}

/**
 * Serves an agent on `PORT` until SIGTERM: one handler for `POST /`, or a definition with routes and hooks.
 *
 * @example
 * ```ts
 * import { serve } from 'agentcube/agent';
 *
 * serve(async (input: { prompt: string }, context) => {
 *   return { answer: `You said ${input.prompt}`, turn: context.turn };
 * });
 * ```
 *
 * @example A stream: server-sent events for whoever accepts them, else plain text.
 * ```ts
 * import { serve } from 'agentcube/agent';
 *
 * serve(async function* (input: { prompt: string }, { sleep }) {
 *   for (const word of input.prompt.split(' ')) {
 *     yield `${word} `;
 *     await sleep(50);
 *   }
 * });
 * ```
 */
export function serve(agent: Agent, options: ServeOptions = {}): Serving {
  const log = logOptions(options);
  const marks = createBusyMarks(process.env.AGENTCUBE_BUSY_DIR || undefined, (fault) =>
    createLog(log).warn('the platform cannot be told that the agent is busy', { error: fault }),
  );
  const limits = { stopMs: options.stopMs ?? 10_000, hookMs };
  const server = new AgentServer(definitionOf(agent), { clock: machineClock, marks, log, limits, cpuMs });
  const ready = (async () => {
    const port = await listening(server.http, portOf(options), options.host);
    await server.start();
    createLog(log).info('ready', { port });
    return port;
  })();
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= server.stop().finally(forgetSignals));
  const forgetSignals = stopOnSignals(stop);
  ready.catch((fault: unknown) => {
    createLog(log).error('the agent does not start', { error: fault });
    process.exit(1);
  });
  return { ready, stop };
}
