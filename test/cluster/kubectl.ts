// Owns: how the cluster tests look at the cluster and change it: kubectl and helm as its administrator.
// Does not own: the cluster itself (machine/) nor the platform in it (operator.ts).
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { kubeconfig, program } from './machine/places.ts';

/** What every object has, as far as tests look at it. */
export interface KubeObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[];
    readonly deletionTimestamp?: string;
  };
}

/** A command and what it printed; rejects with what it said when it fails. */
export function command(file: string, args: readonly string[], input?: string): Promise<string> {
  if (!fs.existsSync(kubeconfig))
    throw new Error('No test cluster runs here: `npm run test:cluster` starts one.');
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env: { ...process.env, KUBECONFIG: kubeconfig } });
    let [out, said] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0
        ? resolve(out)
        : reject(new Error(`${file} ${args.join(' ')} ended with ${code}: ${said || out}`)),
    );
    child.stdin.end(input ?? '');
  });
}

/** kubectl with these words. */
export const kubectl = (...args: readonly string[]): Promise<string> => command(program('kubectl'), args);

/** helm with these words. */
export const helm = (...args: readonly string[]): Promise<string> => command(program('helm'), args);

/** Applies objects, given as YAML or as values. */
export const apply = (what: string | object, ...args: readonly string[]): Promise<string> =>
  command(
    program('kubectl'),
    ['apply', '--server-side', '--force-conflicts', '-f', '-', ...args],
    typeof what === 'string' ? what : JSON.stringify(what),
  );

/** All objects of a kind; narrow with kubectl's flags, such as `-n`, `-l`, `-A`. */
export async function list<T extends KubeObject>(
  kind: string,
  ...args: readonly string[]
): Promise<readonly T[]> {
  return (JSON.parse(await kubectl('get', kind, '-o', 'json', ...args)) as { readonly items: readonly T[] })
    .items;
}

/** One object, or undefined when there is none of that name. */
export async function find<T extends KubeObject>(
  kind: string,
  name: string,
  namespace: string,
): Promise<T | undefined> {
  const text = await kubectl('get', kind, name, '-n', namespace, '-o', 'json', '--ignore-not-found');
  return text === '' ? undefined : (JSON.parse(text) as T);
}

/** Makes a namespace for one test file; `remove` deletes it with all that is in it and waits for that. */
export async function namespaceFor(
  name: string,
): Promise<{ readonly name: string; remove(): Promise<void> }> {
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return {
    name,
    remove: async () =>
      void (await kubectl('delete', 'namespace', name, '--ignore-not-found', '--timeout=120s')),
  };
}

/** Asks until `good`; rejects with the last value after `withinMs`. A question that fails is asked again. */
export async function eventually<T>(
  what: string,
  read: () => Promise<T>,
  good: (value: T) => boolean,
  withinMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await read();
      if (good(value)) return value;
      last = value;
    } catch (fault) {
      last = String(fault);
    }
    if (Date.now() > deadline)
      throw new Error(`${what}: after ${withinMs / 1000} s still ${JSON.stringify(last)}`);
    await sleep(200);
  }
}
