// A node agent as a process of its own on the test cluster's node, with a key and a folder of the test's own. Keeps its port over restarts.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createNodeAgents, type NodeAgents } from '../../adapters/kubernetes/node-agent.ts';
import { systemClock as clock } from '../../adapters/system/clock.ts';
import { tokenKey } from '../support/node-tokens.ts';
import { freePort } from '../support/redis-process.ts';
import { eventually } from './kubectl.ts';
import { kubeconfig, node } from './machine/places.ts';

const repository = path.resolve(import.meta.dirname, '../..');

export interface AgentStart {
  /** Of the cluster; another one to keep the API server away from it. */
  readonly kubeconfig?: string;
  /** Whether it serves although it is not ready. */
  readonly unready?: boolean;
  /** More settings, as flags. */
  readonly settings?: Readonly<Record<string, string>>;
}

export class AgentProcess {
  readonly url: string;
  readonly agents: NodeAgents;
  readonly #folder = mkdtempSync(path.join(os.tmpdir(), 'node-agent-'));
  readonly #port: number;
  #child: ChildProcess | undefined;
  #printed = '';

  static async create(): Promise<AgentProcess> {
    return new AgentProcess(await freePort());
  }

  private constructor(port: number) {
    const key = tokenKey();
    writeFileSync(path.join(this.#folder, 'public.pem'), key.publicPem);
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.agents = createNodeAgents({ tokens: () => key.token(Date.now()), clock, log: () => undefined });
  }

  /** Resolves when it is ready (or only serves). */
  async start({
    kubeconfig: cluster = kubeconfig,
    unready = false,
    settings: more,
  }: AgentStart = {}): Promise<void> {
    const settings = {
      'node-name': node.name,
      host: '127.0.0.1',
      port: this.#port,
      'public-key-file': path.join(this.#folder, 'public.pem'),
      'state-dir': path.join(this.#folder, 'state'),
      kubeconfig: cluster,
      ...more,
    };
    const flags = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
    this.#child = spawn(process.execPath, [path.join(repository, 'nodeagent/main.ts'), ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (part: Buffer) => (this.#printed += part.toString()));
    const question = unready ? '/health/live' : '/health/ready';
    const ask = async (): Promise<string> =>
      (await fetch(`${this.url}${question}`)).ok ? 'ready' : this.#printed;
    await eventually('the node agent', ask, (answer) => answer === 'ready', 30_000);
  }

  /** Resolves when it is gone; pods stay as they are. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }

  async remove(): Promise<void> {
    await this.kill();
    this.agents.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
