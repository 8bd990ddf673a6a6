// The package as npm would publish it, and an empty project that installed it. Built and packed in folders of its own, so that nothing
// of the repository is changed and other tests may run beside it.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const repository = path.resolve(import.meta.dirname, '../..');
const bin = (name: string): string => path.join(repository, 'node_modules/.bin', name);

/** Node 24, whatever `node` means on the machine. */
export const node = process.execPath;
/** The oldest Node that the SDK supports. */
export const oldNode = (): string =>
  execFileSync(path.join(repository, '.ci/node-20'), { encoding: 'utf8' }).trim();

export interface Packed {
  /** The folder that was packed. */
  readonly stage: string;
  readonly tarball: string;
  /** Paths in the tarball. */
  readonly files: readonly string[];
  /** An empty project with the tarball installed. */
  readonly project: string;
  dispose(): void;
}

/** Runs a program; rejects with all that it printed. */
export function run(
  program: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): string {
  try {
    return execFileSync(program, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (fault) {
    const { stdout, stderr, message } = fault as { stdout: string; stderr: string; message: string };
    throw new Error(`${message}\n${stdout}${stderr}`, { cause: fault });
  }
}

/** Runs a tool of the repository. */
export const tool = (name: string, args: readonly string[], cwd: string): string =>
  run(node, [bin(name), ...args], cwd);

function stagePackage(stage: string): void {
  tool(
    'tsc',
    ['-p', path.join(repository, 'tsconfig.build.json'), '--outDir', path.join(stage, 'dist')],
    repository,
  );
  for (const name of ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'config', 'docs', 'examples'])
    cpSync(path.join(repository, name), path.join(stage, name), { recursive: true });
}

interface PackReport {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** Takes half a minute: one build, one pack, one install. */
export function packAndInstall(): Packed {
  const base = mkdtempSync(path.join(tmpdir(), 'agentcube-package-'));
  const [stage, project] = [path.join(base, 'stage'), path.join(base, 'project')];
  cpSync(path.join(import.meta.dirname, 'consumer'), project, { recursive: true });
  stagePackage(stage);
  const report = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts'], stage),
  ) as readonly PackReport[];
  const [{ filename, files } = { filename: '', files: [] }] = report;
  const tarball = path.join(stage, filename);
  writeFileSync(
    path.join(project, 'package.json'),
    JSON.stringify({ name: 'consumer', private: true, type: 'module' }),
  );
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts'];
  run('npm', ['install', ...quiet, tarball], project);
  return {
    ...{ stage, tarball, project },
    files: files.map((file) => file.path),
    dispose: () => rmSync(base, { recursive: true, force: true }),
  };
}

export const readText = (...names: readonly string[]): string => readFileSync(path.join(...names), 'utf8');
