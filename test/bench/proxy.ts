// What the activator costs on a warm route, against one nginx worker before the same unix socket.
// Latency: what each adds to asking the socket directly, one connection, in turns. Throughput: wrk with 32 connections, in turns.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect, type Connection } from './support/client.ts';
import { startNginx } from './support/nginx.ts';
import { beside } from './support/process.ts';
import { quantile, type Figure } from './table.ts';

const rounds = 30;
const asksPerRound = 200;
const warmUpRounds = 5;
const loadSeconds = 4;
const loads = 3;

interface Way {
  readonly connection: Connection;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly sample: number[];
}

const way = (connection: Connection, path: string, headers: Readonly<Record<string, string>> = {}): Way => ({
  connection,
  path,
  headers,
  sample: [],
});

/** Milliseconds of each ask, the ways taking turns so that the machine's moods meet all of them. */
async function sampleAll(ways: readonly Way[]): Promise<void> {
  for (let round = 0; round < rounds + warmUpRounds; round += 1) {
    for (const { connection, path, headers, sample } of ways) {
      for (let ask = 0; ask < asksPerRound; ask += 1) {
        const { status, endMs } = await connection.ask({ path, headers });
        if (status !== 200) throw new Error(`${path} answered ${status}`);
        if (round >= warmUpRounds) sample.push(endMs);
      }
    }
  }
}

/** Requests per second of 32 connections. Throws when wrk is missing or any answer was no success. */
function requestsPerSecond(url: string, headers: Readonly<Record<string, string>>): number {
  const lines = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const out = execFileSync('wrk', ['-t1', '-c32', `-d${loadSeconds}`, ...lines, url]).toString();
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(out)?.[1];
  if (rate === undefined || /Non-2xx/.test(out)) throw new Error(`wrk: ${out}`);
  return Number(rate);
}

const micro = (ms: number): string => `${Math.round(ms * 1_000)} µs`;

function latencyFigure(direct: Way, nginx: Way, ours: Way): Figure {
  const base = quantile(direct.sample, 0.5);
  const [added, reference] = [quantile(ours.sample, 0.5) - base, quantile(nginx.sample, 0.5) - base];
  const seen = `${micro(added)} against ${micro(reference)} (nginx), over ${micro(base)} directly`;
  return {
    what: 'latency added on a warm route, p50',
    sense: 'at most',
    bound: 4,
    ratio: added / reference,
    seen,
  };
}

function loadFigure(ours: readonly number[], reference: readonly number[]): Figure {
  const [rate, against] = [quantile(ours, 0.5), quantile(reference, 0.5)];
  const what = 'requests per second, 32 connections, of one nginx worker';
  const seen = `${Math.round(rate)} against ${Math.round(against)} (nginx)`;
  return { what, sense: 'at least', bound: 0.33, ratio: rate / against, seen };
}

export async function proxyFigures(): Promise<Figure[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'agentcube-bench-'));
  chmodSync(folder, 0o755);
  const socket = path.join(folder, 'echo.sock');
  const program = (name: string): string => path.join(import.meta.dirname, 'support', name);
  const echo = await beside(process.execPath, [program('echo.ts'), socket]);
  const activator = await beside(process.execPath, [program('activator-process.ts'), socket]);
  const nginx = await startNginx(folder, socket);
  const session = JSON.parse(activator.line) as { port: number; sessionId: string; path: string };
  const headers = { 'x-agentcube-session-id': session.sessionId };
  const ways = {
    direct: way(connect({ socketPath: socket }), '/x'),
    nginx: way(connect({ port: nginx.port }), '/x'),
    ours: way(connect({ port: session.port }), session.path, headers),
  };
  try {
    await sampleAll(Object.values(ways));
    const ours: number[] = [];
    const reference: number[] = [];
    for (let load = 0; load < loads; load += 1) {
      ours.push(requestsPerSecond(`http://127.0.0.1:${session.port}${session.path}`, headers));
      reference.push(requestsPerSecond(`http://127.0.0.1:${nginx.port}/x`, {}));
    }
    return [latencyFigure(ways.direct, ways.nginx, ways.ours), loadFigure(ours, reference)];
  } finally {
    for (const { connection } of Object.values(ways)) connection.close();
    await Promise.all([nginx.stop(), activator.stop(), echo.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}
