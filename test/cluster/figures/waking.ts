// The first byte from a sleeping pod through the activator, against thawing the same pod by hand and asking it directly.
// By hand over a new connection: the agent may have given up its idle ones the moment it woke, so nobody can rely on an old one.
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../bench/support/client.ts';
import { latencyFigures, type Figure } from '../../bench/table.ts';
import { find } from '../kubectl.ts';
import type { Pod } from '../node.ts';
import { processorTime, thawByHand } from './containers.ts';
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

const rounds = 200;
const warmUp = 10;
const name = 'waking';
/** For how long a sleeping pod is watched (ms). */
const asleepMs = 20_000;

interface Subject {
  readonly id: string;
  readonly podUid: string;
  readonly podIp: string;
}

async function open({ control, data }: Doors): Promise<Subject> {
  const { sessionId, sandboxName } = await create(control, name);
  await must(data, { path: pathOf(name), headers: headersOf(sessionId) });
  const pod = await find<Pod>('pod', sandboxName, namespace);
  if (pod?.status.podIP === undefined) throw new Error(`no pod ${sandboxName}`);
  return { id: sessionId, podUid: pod.metadata.uid, podIp: pod.status.podIP };
}

async function byHand({ control }: Doors, { id, podUid, podIp }: Subject): Promise<number> {
  const thaw = thawByHand(podUid);
  const direct = connect({ host: podIp, port: 8080 });
  const start = performance.now();
  thaw();
  await must(direct, { path: '/count' });
  const took = performance.now() - start;
  direct.close();
  await command(control, id, 'resume');
  return took;
}

async function byPlatform({ data }: Doors, { id }: Subject): Promise<number> {
  const answer = await must(data, { path: pathOf(name), headers: headersOf(id) });
  const timing = String(answer.headers['server-timing']);
  if (!timing.includes('desc="paused"')) throw new Error(`it was not asleep: ${timing}`);
  return answer.firstByteMs;
}

async function processorFigure({ control }: Doors, { id, podUid }: Subject): Promise<Figure> {
  await command(control, id, 'pause');
  const before = processorTime(podUid);
  await sleep(asleepMs);
  const used = processorTime(podUid) - before;
  return {
    what: 'processor time of a sleeping pod',
    sense: 'at most',
    bound: 0,
    ratio: used / (asleepMs * 1e6),
    seen: `${used} ns in ${asleepMs / 1000} s`,
  };
}

export async function wakingFigures(): Promise<Figure[]> {
  const doors = await openDoors();
  const [ours, theirs]: [number[], number[]] = [[], []];
  try {
    await deploy(name, 1);
    const subject = await open(doors);
    for (let round = -warmUp; round < rounds; round += 1) {
      await command(doors.control, subject.id, 'pause');
      const platform = await byPlatform(doors, subject);
      await command(doors.control, subject.id, 'pause');
      const hand = await byHand(doors, subject);
      if (round < 0) continue;
      ours.push(platform);
      theirs.push(hand);
    }
    const bounds = { p50: 4, p99: 20 };
    const latency = latencyFigures('first byte from a sleeping pod', ours, theirs, 'thawed by hand', bounds);
    return [...latency, await processorFigure(doors, subject)];
  } finally {
    doors.close();
    await withdraw(name);
  }
}
