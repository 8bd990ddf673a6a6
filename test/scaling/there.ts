// The platform as the demonstration sees it: two addresses, and kubectl where the control port deploys nothing.
// Does not own what is done with it (run.ts).
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { call, sessionHeader, type Answer, type Asked } from '../support/client.ts';
import type { Address } from '../support/platform.ts';

const group = '/apis/runtime.agentcube.volcano.sh/v1alpha1';

export interface DemoRuntime {
  readonly namespace: string;
  readonly name: string;
  /** Absent: the one that this kind of platform has. */
  readonly image?: string;
  /** `spec.scaling`. */
  readonly scaling: object;
}

export interface PoolNow {
  readonly target: number;
  readonly wanted: number;
  readonly ready: number;
  readonly starting: number;
  readonly text: string;
  readonly trouble?: string;
}

export interface Opened {
  readonly sessionId: string;
  /** As Server-Timing says: `claim` or `cold`, and how long it waited for its sandbox (ms). */
  readonly how: string;
  readonly waitedMs: number;
}

/** Runs kubectl with a text on its standard input. Rejects with what it printed. */
async function kubectl(args: readonly string[], input = ''): Promise<void> {
  // Named, because a process that jest runs tests in has an environment of its own beside the real one.
  const env = { ...process.env };
  const child = spawn('kubectl', args, { stdio: ['pipe', 'ignore', 'pipe'], env });
  const printed: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => printed.push(text));
  child.stdin.end(input);
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${printed.join('').trim()}`);
}

const succeed = (what: string, { status, text }: Answer): void => {
  if (status >= 300) throw new Error(`${what} answered ${status}: ${text}`);
};

export class There {
  readonly #at: Address;
  readonly #runtime: DemoRuntime;
  readonly #headers: Readonly<Record<string, string>>;
  #byKubectl = false;

  /** `token`: of a service account, where the control port asks for one. */
  constructor(at: Address, runtime: DemoRuntime, token?: string) {
    this.#at = at;
    this.#runtime = runtime;
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  /** Deploys the runtime afresh. Rejects when nobody is there, with what to do about it. */
  async deploy(): Promise<void> {
    const { controlUrl } = this.#at;
    const groups = await this.#control('GET', '/apis').catch(() => undefined);
    if (!groups)
      throw new Error(`nothing answers at ${controlUrl}: run npm start, or give --control and --activator`);
    this.#byKubectl = groups.status === 404;
    await this.remove();
    const manifest = this.#manifest();
    if (this.#byKubectl) return kubectl(['apply', '-f', '-'], JSON.stringify(manifest));
    succeed('deploying', await this.#control('POST', this.#resources, { body: manifest }));
  }

  /** Takes the runtime away, if it is there. */
  async remove(): Promise<void> {
    const { namespace, name } = this.#runtime;
    if (this.#byKubectl)
      return kubectl(['delete', 'codeinterpreter', name, '-n', namespace, '--ignore-not-found', '--wait']);
    const answer = await this.#control('DELETE', `${this.#resources}/${name}`);
    if (answer.status !== 404) succeed('deleting the runtime', answer);
  }

  /** Undefined while its controller does not know the runtime yet. */
  async pool(): Promise<PoolNow | undefined> {
    const { namespace, name } = this.#runtime;
    const answer = await this.#control('GET', `/v1/namespaces/${namespace}/pools/CodeInterpreter/${name}`);
    return answer.status === 200 ? answer.json<PoolNow & Record<string, unknown>>() : undefined;
  }

  /** Opens a session by calling it. Rejects when it did not answer as it should. */
  async open(): Promise<Opened> {
    const { namespace, name } = this.#runtime;
    const path = `/v1/namespaces/${namespace}/code-interpreters/${name}/invocations/api/execute`;
    const answer = await call('POST', this.#at.activatorUrl + path, { body: { command: ['true'] } });
    const sessionId = answer.headers.get(sessionHeader);
    if (answer.status !== 200 || sessionId === null) throw new Error(`${answer.status}: ${answer.text}`);
    const [, how = 'none', ms = '0'] =
      /^(\w+);dur=([\d.]+)/.exec(answer.headers.get('server-timing') ?? '') ?? [];
    return { sessionId, how, waitedMs: Number(ms) };
  }

  /** Ends a session; one that ended already is fine. */
  async end(sessionId: string): Promise<void> {
    const answer = await this.#control('DELETE', `/v1/sessions/${sessionId}`);
    if (answer.status !== 404) succeed('ending a session', answer);
  }

  /** Waits until the pool has been told of. Rejects when that does not come to pass. */
  async untilKnown(signal: AbortSignal): Promise<void> {
    for (const deadline = performance.now() + 60_000; !(await this.pool());) {
      if (performance.now() > deadline)
        throw new Error('the control port tells of no such pool at /v1/pools');
      await sleep(200, undefined, { signal });
    }
  }

  get #resources(): string {
    return `${group}/namespaces/${this.#runtime.namespace}/codeinterpreters`;
  }

  #control(method: string, path: string, asked: Asked = {}): Promise<Answer> {
    return call(method, this.#at.controlUrl + path, { ...asked, headers: this.#headers });
  }

  #manifest(): object {
    const { namespace, name, image, scaling } = this.#runtime;
    const template = {
      image: image ?? (this.#byKubectl ? 'agentcube/code-interpreter:dev' : 'picod:latest'),
    };
    return {
      apiVersion: 'runtime.agentcube.volcano.sh/v1alpha1',
      kind: 'CodeInterpreter',
      metadata: { namespace, name },
      spec: { template, sessionTimeout: '2m', scaling },
    };
  }
}
