// The routes of a node agent, asked by the platform's own client over real sockets.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createNodeAgents, type NodeAgents, type NodeEvent } from '../adapters/kubernetes/node-agent.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { markOf, NodeLab, podCalled } from '../test/support/node-lab.ts';
import { tokenKey } from '../test/support/node-tokens.ts';
import { until } from '../test/support/until.ts';
import { Callers } from './callers.ts';
import { createRoutes } from './http.ts';

const key = tokenKey();
let lab: NodeLab;
let server: http.Server;
let url: string;
let agents: NodeAgents;
let token: () => Promise<string>;
const listeners = new Set<(event: NodeEvent) => void>();
const said: string[] = [];

async function serve(port = 0): Promise<void> {
  const callers = new Callers({ readKey: () => key.publicPem, clock: lab.clock });
  const onEvent = (listener: (event: NodeEvent) => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  const log = (message: string): void => void said.push(message);
  server = http.createServer(createRoutes({ callers, node: lab.node, onEvent, clock: lab.clock, log }));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function close(): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

beforeEach(async () => {
  lab = new NodeLab();
  lab.tell(podCalled('a'));
  said.length = 0;
  token = () => key.token(lab.clock.now());
  await serve();
  agents = createNodeAgents({ tokens: () => token(), clock: systemClock, log: () => undefined });
});
afterEach(async () => {
  agents.close();
  await close();
});

const place = (pod = 'a') => ({ agent: url, pod });
const raw = async (method: string, path: string, body?: string) => {
  const headers = { Authorization: `Bearer ${await token()}` };
  const answer = await fetch(`${url}${path}`, { method, headers, ...(body !== undefined && { body }) });
  return { status: answer.status, body: await answer.json() };
};

describe('orders', () => {
  test('put to sleep, wake, and tell whose it is', async () => {
    expect(await agents.pause(place(), 0)).toBe('paused');
    expect(await agents.pods(url)).toMatchObject([{ uid: 'a', state: 'paused', version: 0 }]);
    await agents.thaw(place(), markOf('s'), 3);
    expect(await agents.pods(url)).toMatchObject([
      { uid: 'a', state: 'running', version: 3, session: { id: 's' } },
    ]);
  });

  test('that are late say so', async () => {
    await agents.thaw(place(), markOf('s'), 3);
    expect(await agents.pause(place(), 2)).toBe('newer-order');
    expect(await agents.pause(place(), 5)).toBe('paused');
    await expect(agents.thaw(place(), markOf('s'), 3)).rejects.toMatchObject({ code: 'SESSION_STATE' });
    await agents.resume(place(), markOf('s'), 3);
    expect(lab.kernel.get('a-agent')).toBe('running');
  });

  test('for a pod that cannot sleep say why', async () => {
    lab.tell(podCalled('a', { livenessProbes: ['agent'] }));
    expect(await agents.pause(place(), 0)).toEqual({ cannotSleep: 'liveness probe of container agent' });
  });

  test('for another session’s pod are SESSION_STATE', async () => {
    await agents.mark(place(), markOf('s'));
    await expect(agents.thaw(place(), markOf('t'), 9)).rejects.toMatchObject({ code: 'SESSION_STATE' });
    await expect(agents.mark(place(), markOf('t'))).rejects.toMatchObject({ code: 'SESSION_STATE' });
  });

  test('for a pod that is gone are SANDBOX_CRASHED', async () => {
    const orders = [
      agents.thaw(place('b'), markOf('s'), 1),
      agents.pause(place('b'), 1),
      agents.mark(place('b'), markOf('s')),
      agents.resume(place('b'), undefined, 1),
    ];
    const refusals = (await Promise.allSettled(orders)).map(
      (one) => one.status === 'rejected' && (one.reason as Error),
    );
    expect(refusals).toMatchObject(orders.map(() => ({ code: 'SANDBOX_CRASHED' })));
  });

  test('that cannot be taken down in writing are not carried out, and NODE_UNREACHABLE', async () => {
    await agents.pause(place(), 0);
    lab.diskIsFull = true;
    await expect(agents.thaw(place(), markOf('s'), 1)).rejects.toMatchObject({ code: 'NODE_UNREACHABLE' });
    expect([lab.kernel.get('a-agent'), said]).toEqual(['frozen', ['an order failed']]);
  });
});

describe('a caller', () => {
  test('without a token for node agents is not served', async () => {
    token = () => key.token(lab.clock.now(), { aud: 'somebody-else' });
    await expect(agents.pods(url)).rejects.toMatchObject({ code: 'NODE_UNREACHABLE' });
    expect(await raw('POST', '/v1/pods/a/pause', '{"version":0}')).toMatchObject({ status: 401 });
    expect(lab.done).toEqual([]);
  });

  test.each([
    ['POST', '/v1/pods/a/resume', '{"version":-1}'],
    ['POST', '/v1/pods/a/resume', '{"version":1,"session":{"id":""}}'],
    ['POST', '/v1/pods/a/resume', 'no'],
    ['PUT', '/v1/pods/a/session', '{}'],
    ['POST', '/v1/pods/a/pause', '{}'],
    ['PUT', '/v1/pods/a/pause', '{"version":1}'],
    ['POST', '/v1/pods/a/pause', ' '.repeat(300 * 1024)],
  ])('that asks %s %s with a bad body is told so', async (method, path, body) => {
    expect(await raw(method, path, body)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
    expect(lab.done).toEqual([]);
  });

  test.each(['/', '/v1/pods/a', '/v1/pods/../../etc/resume', '/v1/pods/a/delete'])(
    'finds no %s',
    async (path) => {
      expect(await raw('POST', path, '{"version":1}')).toMatchObject({ status: 404 });
    },
  );
});

describe('a node that does not answer', () => {
  test('is NODE_UNREACHABLE when nothing listens', async () => {
    await close();
    await expect(agents.thaw(place(), markOf('s'), 1)).rejects.toMatchObject({ code: 'NODE_UNREACHABLE' });
    await serve();
  });

  test('is NODE_UNREACHABLE when its time is over', async () => {
    const impatient = createNodeAgents({
      tokens: token,
      clock: systemClock,
      log: () => undefined,
      timeoutMs: 30,
    });
    lab.restless.add('a-agent');
    server.removeAllListeners('request');
    await expect(impatient.thaw(place(), markOf('s'), 1)).rejects.toMatchObject({
      code: 'NODE_UNREACHABLE',
      details: { reason: 'no answer within 30 ms' },
    });
    impatient.close();
  });

  test('and comes back is found again, over the connection that was kept', async () => {
    await agents.pause(place(), 0);
    const { port } = server.address() as AddressInfo;
    await close();
    await serve(port);
    await agents.thaw(place(), markOf('s'), 1);
    expect(lab.kernel.get('a-agent')).toBe('running');
  });
});

describe('events', () => {
  const event: NodeEvent = { pod: 'a', kind: 'exit', container: 'agent', why: 'its last process ended' };

  test('are told as they happen; a new connection is a gap', async () => {
    const told: NodeEvent[] = [];
    let gaps = 0;
    const stop = agents.events(
      url,
      (one) => told.push(one),
      () => (gaps += 1),
    );
    await until(() => gaps === 1 && listeners.size === 1);
    for (const listener of listeners) listener(event);
    await until(() => told.length === 1);
    expect(told).toEqual([event]);

    server.closeAllConnections();
    await until(() => gaps === 2 && listeners.size === 1);
    for (const listener of listeners) listener(event);
    await until(() => told.length === 2);
    stop();
    await until(() => listeners.size === 0);
  });

  test('are refused without a token', async () => {
    token = () => Promise.resolve('a.b.c');
    expect(await raw('GET', '/v1/events')).toMatchObject({ status: 401 });
  });
});
