// Owns: the images that the cluster itself and its tests need, made on this machine from its own programs.
// Does not own: the product's images. Invariant: no registry is asked; what is made is never pulled.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { at, containerdSocket, pauseImage, program } from './places.ts';

const here = import.meta.dirname;
const repository = path.resolve(here, '../../..');
// Agents that tests talk to: one that does to itself what it is told, one that remembers what it was asked, that of the tests without
// a cluster.
const agents = {
  '/agent.ts': path.join(repository, 'test/support/probe/agent.ts'),
  '/remembering.ts': path.join(repository, 'test/chaos/agent/agent.ts'),
  '/e2e/agent.ts': path.join(repository, 'test/e2e/agents/probe/agent.ts'),
  '/e2e/streams.ts': path.join(repository, 'test/e2e/agents/probe/streams.ts'),
};

const ctr = (...args: readonly string[]): string =>
  execFileSync('ctr', ['--address', containerdSocket, '--namespace', 'k8s.io', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  }).toString();

/** Libraries a program needs, each under the path where it looks for it. */
const librariesOf = (file: string): readonly string[] => {
  try {
    return (
      execFileSync('ldd', [file], { stdio: ['ignore', 'pipe', 'ignore'] })
        .toString()
        .match(/\/[^ )]+/g) ?? []
    );
  } catch {
    return [];
  }
};

function copy(root: string, from: string, to: string): void {
  const target = path.join(root, to);
  if (fs.existsSync(target)) return;
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.copyFileSync(fs.realpathSync(from), target);
  fs.chmodSync(target, 0o755);
}

function copyProgram(root: string, from: string, to: string): void {
  copy(root, from, to);
  for (const library of librariesOf(from)) copy(root, library, library);
}

const tools = [
  'sh',
  'cat',
  'ls',
  'sleep',
  'env',
  'head',
  'tail',
  'touch',
  'rm',
  'mkdir',
  'ps',
  'kill',
  'dd',
  'id',
];

function toolAt(name: string): string {
  const found = ['/bin', '/usr/bin']
    .map((folder) => path.join(folder, name))
    .find((file) => fs.existsSync(file));
  if (found === undefined) throw new Error(`${name} is not on this machine`);
  return found;
}

function probe(root: string): void {
  copyProgram(root, process.execPath, '/usr/bin/node');
  for (const tool of tools) copyProgram(root, toolAt(tool), `/bin/${tool}`);
  for (const [to, from] of Object.entries(agents)) copy(root, from, to);
  fs.writeFileSync(path.join(root, 'package.json'), '{"type":"module"}');
  for (const name of ['tmp', 'proc', 'sys', 'dev', 'etc'])
    fs.mkdirSync(path.join(root, name), { recursive: true });
  fs.chmodSync(path.join(root, 'tmp'), 0o1777);
}

interface Image {
  readonly name: string;
  readonly fill: (root: string) => void;
  readonly config: Readonly<Record<string, unknown>>;
}

const images: readonly Image[] = [
  {
    name: pauseImage,
    fill: (root) => copy(root, program('pause'), '/pause'),
    config: { Entrypoint: ['/pause'], User: '65535:65535' },
  },
  {
    name: 'docker.io/agentcube-test/probe:1',
    fill: probe,
    config: {
      Cmd: ['/usr/bin/node', '/agent.ts'],
      Env: ['PATH=/usr/bin:/bin', 'PORT=8080', 'HOST=0.0.0.0', 'NODE_NO_WARNINGS=1'],
    },
  },
];

async function importOne(image: Image): Promise<void> {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'agentcube-image-'));
  try {
    // mkdtemp keeps others out, and this becomes the root folder of somebody who is not root.
    fs.chmodSync(root, 0o755);
    image.fill(root);
    const script = path.join(here, 'image');
    execFileSync(script, [image.name, root, JSON.stringify(image.config)], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, CONTAINERD_ADDRESS: containerdSocket },
    });
  } finally {
    fs.rmSync(root, { recursive: true });
  }
}

/** Changes with whatever the images are made of. */
const recipe = (): string =>
  [import.meta.filename, ...Object.values(agents)]
    .reduce((hash, file) => hash.update(fs.readFileSync(file)), createHash('sha256'))
    .digest('hex');

/** Makes and imports the images, unless the node has them as they would be now. */
export async function importImages(): Promise<void> {
  const there = ctr('images', 'list', '-q').split('\n');
  const mark = at('run', 'images');
  const isSame = fs.existsSync(mark) && fs.readFileSync(mark, 'utf8') === recipe();
  for (const image of images) if (!isSame || !there.includes(image.name)) await importOne(image);
  fs.writeFileSync(mark, recipe());
}
