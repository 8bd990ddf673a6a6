// Writing runtimes over a control port as Kubernetes clients do, and what is answered.
import { call, type Answer, type Asked } from './client.ts';

export const group = 'runtime.agentcube.volcano.sh';
export const agents = `/apis/${group}/v1alpha1/namespaces/default/agentruntimes`;
export const interpreters = `/apis/${group}/v1alpha1/namespaces/default/codeinterpreters`;

export interface Entry {
  readonly manager: string;
  readonly operation: string;
  readonly fieldsV1: unknown;
}

export interface Stored {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion?: string;
    readonly generation: number;
    readonly annotations?: Record<string, string>;
    readonly finalizers?: readonly string[];
    readonly deletionTimestamp?: string;
    readonly managedFields: readonly Entry[];
  };
  readonly spec: Record<string, unknown>;
  readonly status?: object;
}

export interface Status {
  readonly message: string;
  readonly reason?: string;
  readonly code: number;
  readonly details: { readonly causes?: readonly { readonly field: string; readonly message: string }[] };
}

/** Writes of the agent runtime `hello`, or of others beside it. */
export class KubeWriter {
  readonly #url: () => string;

  constructor(url: () => string) {
    this.#url = url;
  }

  ask(method: string, path: string, asked?: Asked): Promise<Answer> {
    return call(method, this.#url() + path, asked);
  }

  post(body: object | string, query = ''): Promise<Answer> {
    const headers = { 'content-type': 'application/json' };
    return this.ask('POST', agents + query, { body, headers });
  }

  patch(type: string, body: unknown, query = ''): Promise<Answer> {
    const headers = { 'content-type': `application/${type}` };
    return this.ask('PATCH', `${agents}/hello${query}`, { body: JSON.stringify(body), headers });
  }

  apply(body: object, manager: string, more = ''): Promise<Answer> {
    return this.patch('apply-patch+yaml', body, `?fieldManager=${manager}${more}`);
  }

  async read(): Promise<Stored> {
    return (await this.ask('GET', `${agents}/hello`)).json<Stored>();
  }
}

/** What is applied of the agent runtime `hello`. */
export const config = (spec: object, metadata: object = {}) => ({
  apiVersion: `${group}/v1alpha1`,
  kind: 'AgentRuntime',
  metadata: { name: 'hello', ...metadata },
  spec,
});
