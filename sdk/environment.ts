// Owns: what the SDK finds around it: environment variables and Node's own modules, where there are any.
// Does not own: what it is told (options.ts). The SDK imports nothing but types from Node, so a bundle for a browser has none of it.
import type * as Fs from 'node:fs';
import type * as Http from 'node:http';
import type * as Https from 'node:https';
import type * as Path from 'node:path';

/** Where pods find who they are. */
const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';

interface Builtins {
  readonly 'node:http': typeof Http;
  readonly 'node:https': typeof Https;
  readonly 'node:fs': typeof Fs;
  readonly 'node:path': typeof Path;
}

interface Around {
  readonly process?: {
    readonly versions?: { readonly node?: string };
    readonly env?: Readonly<Record<string, string | undefined>>;
    readonly getBuiltinModule?: (name: string) => unknown;
  };
}

const around = globalThis as Around;

/** A module of Node (20.16 and newer, Bun, Deno); undefined elsewhere. */
export const builtin = <Name extends keyof Builtins>(name: Name): Builtins[Name] | undefined =>
  around.process?.getBuiltinModule?.(name) as Builtins[Name] | undefined;

/** Whether packages for Node work here, whatever its version. */
export const inNode = (): boolean => Boolean(around.process?.versions?.node);

/** A variable that is set and not empty. */
export const variable = (name: string): string | undefined => around.process?.env?.[name] || undefined;

/** The token of the pod's service account; undefined outside of pods. Read anew each time, for it is replaced. */
export function podToken(): string | undefined {
  try {
    return builtin('node:fs')?.readFileSync(serviceAccountToken, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}
