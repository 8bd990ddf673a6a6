import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { Clock } from '../../model/clock.ts';
import { daemonQuestion, questionOf, untilReady, type Question } from './readiness.ts';

const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
  every: () => () => undefined,
};
const timings = {
  initialDelayMs: 0,
  periodMs: 10_000,
  timeoutMs: 1_000,
  successThreshold: 1,
  failureThreshold: 3,
};

describe('asking until it is ready', () => {
  let folder: string;
  let socket: string;
  let server: net.Server | undefined;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'agentcube-ready-'));
    socket = path.join(folder, '8080.sock');
  });
  afterEach(async () => {
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    server = undefined;
    rmSync(folder, { recursive: true });
  });
  const listen = (one: net.Server): Promise<void> =>
    new Promise((resolve) => (server = one).listen(socket, resolve));
  const answers = (
    codes: readonly number[],
  ): { readonly asked: string[]; readonly listening: Promise<void> } => {
    const asked: string[] = [];
    const one = http.createServer((request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(codes[asked.length - 1] ?? 200).end();
    });
    return { asked, listening: listen(one) };
  };
  const settledWithin = async (work: Promise<void>, ms: number): Promise<boolean> =>
    Promise.race([
      work.then(() => true),
      new Promise<boolean>((resolve) => setTimeout(() => resolve(false), ms)),
    ]);
  const never = new AbortController().signal;

  test('a socket that is not there yet is waited for', async () => {
    const ready = untilReady(daemonQuestion(socket), clock, never);
    expect(await settledWithin(ready, 50)).toBe(false);
    const { asked, listening } = answers([]);
    await listening;
    await ready;
    expect(asked).toEqual(['/health']);
  });

  test('a failing answer is asked again, as often as it must succeed in a row', async () => {
    const { asked, listening } = answers([500, 200, 503, 200, 302]);
    await listening;
    const readiness = {
      kind: 'http',
      path: '/ready',
      port: 8080,
      headers: [],
      ...timings,
      successThreshold: 2,
    } as const;
    await untilReady(
      questionOf(readiness, () => socket, 8080),
      clock,
      never,
    );
    expect(asked).toHaveLength(5);
    expect(new Set(asked)).toEqual(new Set(['/ready']));
  });

  test('a forwarder that drops the connection is not ready; one that keeps it is', async () => {
    let connections = 0;
    await listen(
      net.createServer((connection) => {
        connections += 1;
        connection.on('error', () => undefined);
        if (connections < 3) connection.destroy();
        else connection.on('close', () => connection.destroy()).resume();
      }),
    );
    await untilReady(
      questionOf({ kind: 'tcp', port: 8080, ...timings }, () => socket, 8080),
      clock,
      never,
    );
    expect(connections).toBe(3);
  });

  test('an open connection means nothing while the port is seen not to listen', async () => {
    await listen(net.createServer((connection) => connection.resume()));
    let looks = 0;
    const question: Question = {
      ...questionOf({ kind: 'tcp', port: 8080, ...timings }, () => socket, 8080),
      listening: () => (looks += 1) > 3,
    };
    await untilReady(question, clock, never);
    expect(looks).toBe(4);
  });

  test('it ends when it is told to', async () => {
    const stop = new AbortController();
    const ready = untilReady(daemonQuestion(socket), clock, stop.signal);
    stop.abort();
    expect(await settledWithin(ready, 2_000)).toBe(true);
  });
});

test('a command cannot be run inside, and becomes a connection to the first port', () =>
  expect(
    questionOf({ kind: 'exec', command: ['true'], ...timings }, (port) => `/run/${port}.sock`, 9000),
  ).toMatchObject({
    kind: 'tcp',
    socket: '/run/9000.sock',
  }));
