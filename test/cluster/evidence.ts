// Owns: what is kept of a failed run: objects, events and logs of pods, and the logs of the cluster's programs.
// Does not own: judging. Invariant: gathering never fails a run; what cannot be had is left out.
import fs from 'node:fs';
import path from 'node:path';
import { kubectl } from './kubectl.ts';
import { at } from './machine/places.ts';

const objects =
  'pods,sandboxes,sandboxclaims,agentruntimes,codeinterpreters,deployments,daemonsets,services,apiservices';

const told = (...args: readonly string[]): Promise<string> =>
  kubectl(...args).catch((fault: unknown) => String(fault));

interface Pods {
  readonly items: readonly { readonly metadata: { readonly name: string; readonly namespace: string } }[];
}

async function podLogs(folder: string): Promise<void> {
  const { items } = JSON.parse(await kubectl('get', 'pods', '-A', '-o', 'json')) as Pods;
  for (const { metadata } of items) {
    const where = [metadata.name, '-n', metadata.namespace, '--all-containers', '--tail=5000'];
    const name = `${metadata.namespace}-${metadata.name}`;
    fs.writeFileSync(path.join(folder, `${name}.log`), await told('logs', ...where));
    const before = await told('logs', ...where, '--previous');
    if (!before.startsWith('Error')) fs.writeFileSync(path.join(folder, `${name}-previous.log`), before);
  }
}

/** Writes everything into `folder` and returns a short account for the terminal. */
export async function gather(folder: string): Promise<string> {
  fs.mkdirSync(folder, { recursive: true });
  const overview = await told('get', objects, '-A', '-o', 'wide');
  fs.writeFileSync(path.join(folder, 'objects.txt'), overview);
  fs.writeFileSync(path.join(folder, 'objects.yaml'), await told('get', objects, '-A', '-o', 'yaml'));
  const events = await told('get', 'events', '-A', '--sort-by=.lastTimestamp');
  fs.writeFileSync(path.join(folder, 'events.txt'), events);
  await podLogs(folder).catch(() => undefined);
  if (fs.existsSync(at('logs'))) fs.cpSync(at('logs'), path.join(folder, 'programs'), { recursive: true });
  return `${overview}\nThe last events:\n${events.split('\n').slice(-20).join('\n')}\nAll of it, with the logs, is in ${folder}`;
}
