// A master, a replica of it and one Sentinel that watches both and swaps them when the master is gone.
// One Sentinel decides alone (quorum 1): what is tested is our client, not Redis' vote.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, startRedisProcess, type RedisProcess } from './redis-process.ts';
import { startRedis, type RedisServer } from './redis-server.ts';

const name = 'agentcube-master';
const syncsWithinMs = 20_000;

export interface RedisSentinel {
  /** Of the Sentinel: `127.0.0.1:port`. */
  readonly addr: string;
  /** What the Sentinel calls the master. */
  readonly name: string;
  /** The master at first, and its replica. */
  readonly master: RedisServer;
  readonly replica: RedisServer;
  readonly close: () => Promise<void>;
}

async function startSentinel(dir: string, port: number, master: RedisServer): Promise<RedisProcess> {
  const file = path.join(dir, 'sentinel.conf');
  const watched = [
    `sentinel monitor ${name} 127.0.0.1 ${master.port} 1`,
    `sentinel down-after-milliseconds ${name} 500`,
    `sentinel failover-timeout ${name} 5000`,
  ];
  writeFileSync(file, [`port ${port}`, 'bind 127.0.0.1', `dir ${dir}`, ...watched, ''].join('\n'));
  return startRedisProcess('redis-server', [file, '--sentinel']);
}

async function untilSo(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + syncsWithinMs;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`${what} did not happen in time`);
    await sleep(50);
  }
}

/** Resolves when the replica has the master's data and the Sentinel knows of it. */
export async function startRedisSentinel(): Promise<RedisSentinel> {
  const dir = mkdtempSync(path.join(tmpdir(), 'agentcube-sentinel-'));
  const port = await freePort();
  const sync = ['--repl-diskless-sync-delay', '0'];
  const master = await startRedis({ args: sync });
  const replica = await startRedis({ args: [...sync, '--replicaof', '127.0.0.1', String(master.port)] });
  await untilSo('replication', async () =>
    (await replica.cli('INFO', 'replication')).includes('master_link_status:up'),
  );
  const sentinel = await startSentinel(dir, port, master);
  const ask = (...command: string[]): Promise<string> => master.cli('-p', String(port), ...command);
  // It does nothing for 30 s after the machine kept it waiting for two, which a busy one may do.
  await ask('SENTINEL', 'DEBUG', 'TILT-PERIOD', '500');
  await untilSo('the Sentinel hearing of the replica', async () =>
    (await ask('SENTINEL', 'REPLICAS', name)).includes(String(replica.port)),
  );
  const close = async (): Promise<void> => {
    await sentinel.end('SIGKILL');
    await Promise.all([master.close(), replica.close()]);
    rmSync(dir, { recursive: true, force: true });
  };
  return { addr: `127.0.0.1:${port}`, name, master, replica, close };
}
