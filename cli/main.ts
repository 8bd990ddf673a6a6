#!/usr/bin/env node
// The entry of `agentcube` and of `kubectl agentcube`: this process' streams, signals and exit code. Everything else is run.ts'.
import module from 'node:module';
import os from 'node:os';
import process from 'node:process';
import type { Io } from './io.ts';

// What was compiled once is not compiled again, on a Node that can keep it; before anything else is loaded.
(module as { enableCompileCache?: () => unknown }).enableCompileCache?.();
const { run } = await import('./run.ts');

const stopping = new AbortController();

/** The first asks for an end in order, the second leaves at once. */
function onSignal(): void {
  if (stopping.signal.aborted) process.exit(130);
  stopping.abort('interrupted');
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);

// Whoever reads along may leave: `agentcube get … | head -1`.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (fault: NodeJS.ErrnoException) => {
    if (fault.code !== 'EPIPE') throw fault;
    stopping.abort('left');
  });

const io: Io = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  home: os.homedir(),
  signal: stopping.signal,
};

process.exitCode = await run(process.argv.slice(2), io);
