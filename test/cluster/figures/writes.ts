// Writes to the API server per session, from its own metrics: whoever made them, the platform, agent-sandbox or the kubelet.
// A quota keeps the pools from being refilled, so that making pods is not counted; what an idle cluster writes is taken off.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure } from '../../bench/table.ts';
import { apply, kubectl } from '../kubectl.ts';
import {
  command,
  create,
  deploy,
  headersOf,
  must,
  namespace,
  openDoors,
  pathOf,
  withdraw,
  type Doors,
} from './stage.ts';

const sessions = 20;
const name = 'writes';
const idleMs = 20_000;
/** How long all that follows a claim may take to be written (ms). */
const settleMs = 20_000;

/** What is written less often than this per session is somebody else's. */
const rarest = 0.1;

const writing = new Set(['POST', 'PUT', 'PATCH', 'APPLY', 'DELETE', 'DELETECOLLECTION']);
/** Heartbeats of the cluster and its programs, what the quota itself costs, and requests that store nothing. */
const besides = new Set(['leases', 'nodes', 'resourcequotas', 'tokenreviews', 'subjectaccessreviews']);

type Counts = ReadonlyMap<string, number>;

const labelsOf = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]));

/** What a counter of requests counts, when it counts writes: `verb resource/subresource`. */
function keyOf(labels: Record<string, string>): string | undefined {
  const { verb = '', code = '', resource = '', subresource = '' } = labels;
  if (!writing.has(verb) || !code.startsWith('2') || resource === '' || besides.has(resource))
    return undefined;
  return [verb, [resource, subresource].filter(Boolean).join('/')].join(' ');
}

/** Writes that were done since the API server began. */
async function writes(): Promise<Counts> {
  const counts = new Map<string, number>();
  const metrics = await kubectl('get', '--raw', '/metrics');
  for (const [, text = '', value] of metrics.matchAll(/^apiserver_request_total\{(.*)\} (\S+)$/gm)) {
    const key = keyOf(labelsOf(text));
    if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + Number(value));
  }
  return counts;
}

const since = (before: Counts, after: Counts): Counts =>
  new Map([...after].map(([key, count]) => [key, count - (before.get(key) ?? 0)]));

/** What is written while `work` is done and for as long as it takes to settle, without what is written anyway. */
async function writtenBy(idlePerMs: Counts, work: () => Promise<void>): Promise<Counts> {
  const [before, began] = [await writes(), performance.now()];
  await work();
  await sleep(settleMs);
  const [after, took] = [await writes(), performance.now() - began];
  const own = [...since(before, after)].map(([key, count]): [string, number] => [
    key,
    Math.max(0, count - (idlePerMs.get(key) ?? 0) * took),
  ]);
  return new Map(own.filter(([, count]) => count >= sessions * rarest));
}

async function idleRate(): Promise<Counts> {
  const before = await writes();
  await sleep(idleMs);
  const after = await writes();
  return new Map([...since(before, after)].map(([key, count]) => [key, count / idleMs]));
}

const total = (counts: Counts): number =>
  [...counts.values()].reduce((sum, count) => sum + count, 0) / sessions;

const told = (counts: Counts): string =>
  [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([key, count]) => `${key} ${(count / sessions).toFixed(2)}`)
    .join(', ');

/** Lets there be no more sandboxes than these. */
const noMoreThan = (count: number): object => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'no-more', namespace },
  spec: { hard: { 'count/sandboxes.agents.x-k8s.io': String(count) } },
});

/** Claimed, called, asleep, woken. */
async function live({ control, data }: Doors): Promise<string> {
  const { sessionId: id, kind } = await create(control, name);
  if (kind !== 'SandboxClaim') throw new Error('a session started cold');
  const request = { path: pathOf(name), headers: headersOf(id) };
  await must(data, request);
  await command(control, id, 'pause');
  await must(data, request);
  return id;
}

export async function writeFigures(): Promise<Figure[]> {
  const doors = await openDoors();
  const ids: string[] = [];
  try {
    await deploy(name, sessions);
    await apply(noMoreThan(sessions));
    const idle = await idleRate();
    const living = await writtenBy(idle, async () => {
      for (let n = 0; n < sessions; n += 1) ids.push(await live(doors));
    });
    await apply(noMoreThan(0));
    const ending = await writtenBy(idle, async () => {
      for (const id of ids) await command(doors.control, id, 'end');
    });
    return [
      {
        what: 'writes to the API server per session that is claimed, called, sleeps and wakes',
        sense: 'at most',
        bound: 3,
        ratio: total(living),
        seen: `${told(living)}; its end, with its pod's: ${told(ending)}`,
      },
    ];
  } finally {
    doors.close();
    await kubectl('delete', 'resourcequota', 'no-more', '-n', namespace, '--ignore-not-found');
    await withdraw(name);
  }
}
