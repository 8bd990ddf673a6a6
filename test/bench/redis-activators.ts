// Separate activators on one Redis before a session that always runs: what warm requests ask of Redis, and what a second
// activator adds. The load comes from the same machine, so the second is held against what the machine has left.
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os, { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { second, sessionIn } from '../support/sessions.ts';
import { startPrograms, type Program } from '../support/programs.ts';
import { beside } from './support/process.ts';
import { benchRedis, type BenchRedis } from './support/redis.ts';
import { quantile, type Figure } from './table.ts';

const run = promisify(execFile);
const loadSeconds = 5;
const loads = 3;
const connections = 32;
const sessionId = 'bench-session';
const route = '/v1/namespaces/default/code-interpreters/python/invocations/x';

/** Requests per second of so many connections to one activator. Throws when any answer was no success. */
async function requestsPerSecond({ url }: Program, conns: number): Promise<number> {
  const header = `x-agentcube-session-id: ${sessionId}`;
  const { stdout } = await run('wrk', ['-t1', `-c${conns}`, `-d${loadSeconds}`, '-H', header, url + route]);
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1];
  if (rate === undefined || /Non-2xx/.test(stdout)) throw new Error(`wrk: ${stdout}`);
  return Number(rate);
}

/** Jiffies of all processors: those spent on something, and all. */
function processorTimes(): { busy: number; all: number } {
  const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, ...more] = first
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const busy = user + nice + system + more.slice(0, 3).reduce((sum, one) => sum + one, 0);
  return { busy, all: busy + idle + wait };
}

/** The share of the machine that was in use meanwhile. */
async function busyShare<T>(action: () => Promise<T>): Promise<{ result: T; busy: number }> {
  const before = processorTimes();
  const result = await action();
  const after = processorTimes();
  return { result, busy: (after.busy - before.busy) / (after.all - before.all) };
}

interface Loads {
  readonly one: number[];
  readonly two: number[];
  /** How much more than one activator's load the machine has room for. */
  readonly room: number[];
}

async function measureLoads([first, other]: readonly [Program, Program]): Promise<Loads> {
  const found: Loads = { one: [], two: [], room: [] };
  for (let load = 0; load < loads; load += 1) {
    const idle = await busyShare(() => sleep(second));
    const one = await busyShare(() => requestsPerSecond(first, connections));
    const both = [first, other].map((each) => requestsPerSecond(each, connections / 2));
    const two = (await Promise.all(both)).reduce((sum, rate) => sum + rate, 0);
    found.one.push(one.result);
    found.two.push(two);
    found.room.push((1 - idle.busy) / Math.max(0.01, one.busy - idle.busy));
  }
  return found;
}

function scalingFigure({ one, two, room }: Loads): Figure {
  const [single, double] = [quantile(one, 0.5), quantile(two, 0.5)];
  const left = Math.max(1, quantile(room, 0.5));
  const possible = Math.min(2, left);
  return {
    what: 'two activators against one, of what the machine has room for',
    sense: 'at least',
    bound: 0.8,
    ratio: double / single / possible,
    seen: `${Math.round(double)} against ${Math.round(single)} a second (${(double / single).toFixed(2)} ×); ${os.cpus().length} processors, shared with the load, have room for ${left.toFixed(2)} ×`,
  };
}

/** When each client called a store function (s), and how many commands there were in all. */
async function watch({ client }: BenchRedis, action: () => Promise<number>) {
  const monitor = await client.monitor();
  const renewals = new Map<string, number[]>();
  let commands = 0;
  monitor.on('monitor', (time: string, [name = '']: string[], source: string) => {
    if (source === 'lua') return;
    commands += 1;
    if (!/^eval/i.test(name)) return;
    renewals.set(source, [...(renewals.get(source) ?? []), Number(time)]);
  });
  const requests = await action();
  monitor.disconnect();
  return { renewals: [...renewals.values()], commands, requests };
}

const rateOf = (times: readonly number[]): number =>
  (times.length - 1) / Math.max(1, (times.at(-1) ?? 0) - (times[0] ?? 0));

async function commandFigure(redis: BenchRedis, both: readonly [Program, Program]): Promise<Figure> {
  const { renewals, commands, requests } = await watch(redis, async () => {
    const rates = await Promise.all(both.map((each) => requestsPerSecond(each, connections / 2)));
    return rates.reduce((sum, rate) => sum + rate, 0) * loadSeconds;
  });
  const fastest = Math.max(0, ...renewals.map(rateOf));
  const each = (commands / requests).toFixed(5);
  return {
    what: 'store commands of an activator a second, warm route under load',
    sense: 'at most',
    bound: 1,
    ratio: Math.round(fastest * 100) / 100,
    seen: `${each} commands a request, heart-beats counted: ${commands} for ${Math.round(requests)} requests of two activators`,
  };
}

async function withPrograms(redis: BenchRedis, folder: string): Promise<Figure[]> {
  const dataDir = path.join(folder, 'data');
  const programs = await startPrograms({ redisAddr: redis.server.addr, dataDir, activators: 2 });
  try {
    await programs.ready();
    const [first, other] = programs.activators;
    if (!first || !other) throw new Error('two activators were to be started');
    for (const each of [first, other]) await requestsPerSecond(each, connections);
    return [await commandFigure(redis, [first, other]), scalingFigure(await measureLoads([first, other]))];
  } finally {
    await programs.stop();
  }
}

/** The figures of separate activators. */
export async function redisActivatorFigures(): Promise<Figure[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'agentcube-bench-'));
  chmodSync(folder, 0o755);
  const socket = path.join(folder, 'echo.sock');
  const echo = await beside(process.execPath, [path.join(import.meta.dirname, 'support', 'echo.ts'), socket]);
  const redis = await benchRedis();
  try {
    const entryPoints = [{ path: '', protocol: 'HTTP', endpoint: `unix://${socket}` }] as const;
    const sandbox = { id: 'bench-sandbox', name: 'bench', entryPoints };
    await redis.store.create(
      sessionIn({ kind: 'running', sandbox }, { id: sessionId, createdAt: Date.now() }),
      null,
    );
    return await withPrograms(redis, folder);
  } finally {
    await Promise.all([redis.close(), echo.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}
