// AgentCube's own Python client, as published and unmodified: where it is, and the flows of AgentCube's documentation with it.
import { execFile, execFileSync } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Address } from './platform.ts';

const repository = path.resolve(import.meta.dirname, '../..');
const scripts = path.join(repository, 'test/conformance/python');
const run = promisify(execFile);

/** A Python that has agentcube-sdk 0.1.0; made on first use, and a machine where that fails fails the suite. */
export const findPython = (): string =>
  execFileSync(path.join(repository, '.ci/python-sdk'), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();

/** The lines that a script of test/conformance/python printed. Rejects with its traceback when it fails. */
export async function flow(
  python: string,
  at: Address,
  script: string,
  ...args: readonly string[]
): Promise<string[]> {
  const { stdout } = await run(python, [path.join(scripts, script), ...args], {
    env: {
      PATH: process.env.PATH,
      PYTHONDONTWRITEBYTECODE: '1',
      WORKLOAD_MANAGER_URL: at.controlUrl,
      ROUTER_URL: at.activatorUrl,
    },
  });
  return stdout.split('\n').filter(Boolean);
}
