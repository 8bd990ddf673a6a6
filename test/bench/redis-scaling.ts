// What sizing pools costs: ten activators and a controller with ten thousand runtimes tell an autoscaler through Redis, and it
// decides every second. Counted is every command that Redis was given or that a script gave it, but for what each connection asks
// to know that it lives. The autoscaler is the program itself.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProgram, type Program } from '../support/programs.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { second } from '../support/sessions.ts';
import { until } from '../support/until.ts';
import { scalingLoad, type ScalingLoad } from './support/scaling-load.ts';
import type { Figure } from './table.ts';

const size = { activators: 10, runtimes: 10_000, sessionsPerSecond: 300, seed: 7 };
const settleSeconds = 20;
const measuredSeconds = 40;
const commandsASecond = 100;
const shareOfCore = 0.1;
/** Of every connection, whatever it is for. */
const heartbeats: ReadonlySet<string> = new Set(['del', 'subscribe', 'info', 'ping']);

type Counts = ReadonlyMap<string, number>;

interface Sample {
  readonly at: number;
  readonly calls: Counts;
  readonly bytes: number;
  /** Of the autoscaler's process, and of its rounds alone (s). */
  readonly processor: number;
  readonly rounds: number;
  readonly load: { readonly sessions: number; readonly cold: number };
}

const numberIn = (text: string, name: string): number =>
  Number(new RegExp(`^${name}[: ](\\S+)`, 'm').exec(text)?.[1] ?? NaN);

const callsIn = (stats: string): Counts =>
  new Map(
    [...stats.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)].map(([, name = '', calls]) => [name, Number(calls)]),
  );

/** User and system time, in hundredths of a second on every Linux. */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function sample(server: RedisServer, { pid, url }: Program, load: ScalingLoad): Promise<Sample> {
  const stats = await server.cli('INFO', 'stats');
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return {
    at: performance.now() / second,
    calls: callsIn(await server.cli('INFO', 'commandstats')),
    bytes: numberIn(stats, 'total_net_input_bytes') + numberIn(stats, 'total_net_output_bytes'),
    processor: processorSeconds(pid),
    rounds: numberIn(metrics, 'agentcube_scaling_round_seconds_sum'),
    load: load.opened(),
  };
}

function figuresOf(before: Sample, after: Sample): Figure[] {
  const seconds = after.at - before.at;
  const rates = [...after.calls]
    .map(([name, calls]): [string, number] => [name, (calls - (before.calls.get(name) ?? 0)) / seconds])
    .filter(([, rate]) => rate >= 0.05)
    .sort(([, one], [, other]) => other - one);
  const sum = (kept: (name: string) => boolean) =>
    rates.filter(([name]) => kept(name)).reduce((all, [, rate]) => all + rate, 0);
  const commands = sum((name) => !heartbeats.has(name));
  const sessions = after.load.sessions - before.load.sessions;
  const cold = after.load.cold - before.load.cold;
  // Rounds are timed by the clock on the wall, which others of this machine make run faster; the program's time on a processor is theirs too.
  const processor = (after.processor - before.processor) / seconds;
  const rounds = Math.min((after.rounds - before.rounds) / seconds, processor);
  const listed = rates
    .filter(([name]) => !heartbeats.has(name))
    .map(([name, rate]) => `${name} ${rate.toFixed(1)}`);
  return [
    {
      what: `Redis commands a second, ${size.activators} activators, 10,000 runtimes, in hundreds`,
      sense: 'at most',
      bound: 1,
      ratio: commands / commandsASecond,
      seen:
        `${listed.join(', ')}; ${((after.bytes - before.bytes) / seconds / 1_000).toFixed(0)} kB a second; ` +
        `${(sessions / seconds).toFixed(0)} sessions a second, ${((cold / sessions) * 100).toFixed(1)} % cold`,
    },
    {
      what: 'a decision round a second for 10,000 runtimes, in tenths of a core',
      sense: 'at most',
      bound: 1,
      ratio: rounds / shareOfCore,
      seen: `at most ${(rounds * second).toFixed(0)} ms a second; all of the program ${(processor * second).toFixed(0)} ms of a processor`,
    },
  ];
}

async function measure(server: RedisServer, autoscaler: Program): Promise<Figure[]> {
  const load = await scalingLoad(server.addr, size);
  try {
    await autoscaler.ready();
    load.begin();
    const key = { kind: 'AgentRuntime', namespace: 'team-0', name: 'runtime-0' } as const;
    await until(() => (load.targets.find(key)?.size ?? 0) > 0);
    await sleep(settleSeconds * second);
    const before = await sample(server, autoscaler, load);
    await sleep(measuredSeconds * second);
    return figuresOf(before, await sample(server, autoscaler, load));
  } finally {
    await load.stop();
  }
}

/** The figures of sizing pools over Redis. */
export async function redisScalingFigures(): Promise<Figure[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'agentcube-bench-'));
  const server = await startRedis({ args: ['--appendonly', 'no'] });
  const settings = { redisAddr: server.addr, logFile: path.join(folder, 'autoscaler.log') };
  const autoscaler = await startProgram({ kind: 'autoscaler', name: 'autoscaler', settings });
  try {
    return await measure(server, autoscaler);
  } finally {
    await autoscaler.kill('SIGTERM');
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
