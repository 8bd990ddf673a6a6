// What the parts of the SDK's suite share: where the platform is, and clients of it. Does not own: any test.
import {
  AgentRuntime,
  CodeInterpreter,
  type AgentRuntimeOptions,
  type CodeInterpreterOptions,
} from '../../sdk/index.ts';
import type { Address } from '../support/platform.ts';

/** Where the platform is, and the names of what is deployed there (test/sdk/deployed.ts). */
export interface Deployment extends Address {
  readonly namespace: string;
  /** A CodeInterpreter. */
  readonly interpreter: string;
  /** An AgentRuntime of test/e2e/agents/probe. */
  readonly agent: string;
}

export interface Clients {
  readonly connect: () => { readonly controlUrl: string; readonly routerUrl: string };
  readonly open: (options?: CodeInterpreterOptions) => Promise<CodeInterpreter>;
  /** Its session ends with its block, unless the options say otherwise. */
  readonly openAgent: (options?: Partial<AgentRuntimeOptions>) => Promise<AgentRuntime>;
}

export function clientsOf(at: () => Deployment): Clients {
  const connect = () => ({ controlUrl: at().controlUrl, routerUrl: at().activatorUrl });
  return {
    connect,
    open: (options = {}) =>
      CodeInterpreter.open({ ...connect(), namespace: at().namespace, name: at().interpreter, ...options }),
    openAgent: (options = {}) =>
      AgentRuntime.open({
        ...{ ...connect(), namespace: at().namespace, agentName: at().agent, onDispose: 'end' },
        ...options,
      }),
  };
}

/** What it rejects with. */
export const fault = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no fault',
    (error: unknown) => error,
  );
