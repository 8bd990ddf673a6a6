// `agentcube up`: the whole platform in one process on this machine, with the flags of `npm start`. Does not own any of them.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { App, Run } from '../app.ts';
import { platformNode } from '../doctor/machine.ts';
import { CliError } from '../failure.ts';
import { examples } from '../flags.ts';

/** Beside this command as it lies: sources beside sources, built files beside built ones. */
function programFile(): string {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const found = ['../../main.js', '../../main.ts']
    .map((name) => path.resolve(here, name))
    .find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new CliError('refused', 'the platform is not in this package', 'install agentcube as a whole');
}

function checkNode(version = process.versions.node): void {
  if (Number(version.split('.')[0]) >= platformNode) return;
  throw new CliError(
    'refused',
    `the platform needs Node ${platformNode} or newer, and this is ${version}`,
    `install it from https://nodejs.org, or run: npx -p node@${platformNode} -p agentcube agentcube up`,
  );
}

/** Runs until it ends. Signals reach it by themselves from a terminal, and through this process else. */
function start({ io }: Run<object>, args: readonly string[]): Promise<number> {
  const node = ['--disable-warning=ExperimentalWarning', programFile(), ...args];
  const child = spawn(process.execPath, node, { cwd: io.cwd, env: { ...io.env }, stdio: 'inherit' });
  const stop = (): void => void child.kill('SIGTERM');
  io.signal.addEventListener('abort', stop, { once: true });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      io.signal.removeEventListener('abort', stop);
      resolve(code ?? 1);
    });
  });
}

export function define(command: Command, app: App): void {
  command
    .argument('[folder]', 'YAML that is applied, and applied again when it changes; the examples when absent')
    .argument(
      '[settings...]',
      'settings of the platform, as flags: --control-port 0; agentcube up -- --help lists them',
    )
    .allowUnknownOption();
  examples(command, [
    'agentcube up',
    'agentcube up my-agents',
    'agentcube up --control-port 9080 --activator-port 9081',
  ]);
  app.act<object>(command, (run) => {
    checkNode();
    return start(run, run.words);
  });
}
