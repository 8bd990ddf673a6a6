// `npm run test:cluster [-- --keep] [words for jest]`: a real Kubernetes on this machine, the chart as an operator installs it, the tests, and nothing left.
// Owns: the order of these steps and their end, also by Ctrl-C. Does not own: any of the steps.
// A cluster that runs already is used and left running; --keep leaves one that this run started.
import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { gather } from './evidence.ts';
import { pidOf } from './machine/daemons.ts';
import { containerdSocket } from './machine/places.ts';
import { installChart, installRedis } from './operator.ts';

const here = import.meta.dirname;
const repository = path.resolve(here, '../..');
const machine = (name: string): string => path.join(here, 'machine', name);

const say = (line: string): void => void process.stderr.write(`test:cluster: ${line}\n`);

/** A program of this run; rejects when it fails. Its output goes to standard error, that of tests excepted. */
function run(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      stdio: ['ignore', 2, 2],
      cwd: repository,
      env: { ...process.env, ...env },
    });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${path.basename(file)} ended with ${code}`)),
    );
  });
}

async function step(name: string, work: () => Promise<unknown>): Promise<void> {
  if (isEnding) throw new Error('ended by request');
  const begin = Date.now();
  await work();
  say(`${name} (${((Date.now() - begin) / 1000).toFixed(0)} s)`);
}

const jest = (words: readonly string[]): Promise<void> =>
  run(process.execPath, [
    ...[
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
    ],
    ...['--selectProjects', 'cluster', '--runInBand', ...words],
  ]);

async function test(words: readonly string[]): Promise<void> {
  await step('programs of Kubernetes', () => run(machine('parts'), []));
  await step('cluster', () => run(machine('start'), ['--without-agent-sandbox']));
  await step('images', () => run(machine('images'), [], { CONTAINERD_ADDRESS: containerdSocket }));
  await step('Redis', installRedis);
  await step('chart', () => installChart());
  await step('tests', () => jest(words));
}

const evidenceFolder = (): string =>
  process.env['AGENTCUBE_TEST_EVIDENCE'] ?? path.join(os.tmpdir(), `agentcube-cluster-${Date.now()}`);

async function tellFailure(fault: unknown): Promise<void> {
  process.exitCode = 1;
  say(fault instanceof Error ? fault.message : String(fault));
  if (isEnding) return;
  say(await gather(evidenceFolder()).catch(() => 'the cluster tells nothing more'));
}

const words = process.argv.slice(2);
const isKept = words.includes('--keep') || pidOf('kube-apiserver') !== undefined;
const stop = (): Promise<void> => (isKept ? Promise.resolve() : run(machine('stop'), []));

// The terminal sends Ctrl-C to every program of this run: they end, and what they were to do fails; then the cluster is stopped as usual.
let isEnding = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => (isEnding = true));
try {
  await test(words.filter((word) => word !== '--keep'));
} catch (fault) {
  await tellFailure(fault);
} finally {
  await stop();
}
