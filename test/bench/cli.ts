// How fast the agentcube command starts, from the built files, as multiples of `node -e 0` on the same Node: its help, and a list of
// runtimes from a server that answers at once.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { ms, quantile, type Figure } from './table.ts';

const rounds = 25;
const entry = path.resolve(import.meta.dirname, '../../dist/cli/main.js');
const run = promisify(execFile);

const emptyTable = JSON.stringify({
  kind: 'Table',
  columnDefinitions: [{ name: 'Name', priority: 0 }],
  rows: [],
});

async function took(args: readonly string[]): Promise<number> {
  const start = performance.now();
  await run(process.execPath, [...args], { env: { PATH: process.env.PATH, HOME: '/nonexistent' } });
  return performance.now() - start;
}

async function figure(what: string, bound: number, args: readonly string[]): Promise<Figure> {
  const ours: number[] = [];
  const bare: number[] = [];
  await took([entry, ...args]);
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await took([entry, ...args]));
    bare.push(await took(['-e', '0']));
  }
  const [own, reference] = [quantile(ours, 0.5), quantile(bare, 0.5)];
  return {
    what,
    sense: 'at most',
    bound,
    ratio: own / reference,
    seen: `${ms(own)} against ${ms(reference)} (node -e 0)`,
  };
}

export async function cliFigures(): Promise<Figure[]> {
  if (!existsSync(entry)) throw new Error('there is no dist/cli/main.js: npm run build');
  const server = http.createServer((_, response) => response.end(emptyTable));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    return [
      await figure('agentcube --help, p50', 2, ['--help']),
      await figure('agentcube get agentruntimes, p50', 3, [
        'get',
        'agentruntimes',
        '--control-url',
        url,
        '--router-url',
        url,
      ]),
    ];
  } finally {
    server.close();
    server.closeAllConnections();
  }
}
