// Brokers as callers see them: what is taken and stored byte for byte, what is refused and how, and that nothing is stored in part.
import { afterEach, describe, expect, test } from '@jest/globals';
import { PlatformError } from '../../model/errors.ts';
import type { EventStore, NewDelivery } from '../../model/event-queue.ts';
import { ask, begin, whole } from '../support/ask.ts';
import { batchType, json, member } from '../support/event-messages.ts';
import { bodyText, IngressLab, triggerOf, type IngressLabOptions } from '../support/ingress-lab.ts';
import { invalidEvents } from '../support/invalid-events.ts';
import { MemoryActivator } from '../support/memory-activator.ts';
import { until } from '../support/until.ts';
import { validBatch, validEvents } from '../support/valid-events.ts';

const everything = triggerOf('all');
const labs: IngressLab[] = [];

async function open(options: IngressLabOptions = { triggers: [everything] }): Promise<IngressLab> {
  const lab = await IngressLab.start(options);
  labs.push(lab);
  return lab;
}

afterEach(async () => {
  for (const lab of labs.splice(0)) await lab.close();
});

const event = (id: string, fields: Readonly<Record<string, unknown>> = {}) => json(member({ id, ...fields }));

/** A queue whose appends are seen, and held until the test lets them go on. */
function watched(appends: (readonly NewDelivery[])[], hold: Promise<void> = Promise.resolve()) {
  return (store: EventStore): EventStore =>
    new Proxy(store, {
      get(target, name: keyof EventStore) {
        if (name !== 'append') return (target[name] as () => unknown).bind(target);
        const append: EventStore['append'] = async (deliveries, ...rest) => {
          appends.push(deliveries);
          await hold;
          return target.append(deliveries, ...rest);
        };
        return append;
      },
    });
}

describe('a valid event', () => {
  test.each(validEvents)(
    'is 202, and stored as it was sent: $what',
    async ({ attributes, headers, body }) => {
      const lab = await open();
      const reply = await lab.post({ headers, body });
      expect([reply.status, reply.body, reply.headers['x-agentcube-deliveries']]).toEqual([202, '', '1']);
      const [stored] = await lab.take('all');
      expect(stored).toMatchObject({
        id: attributes['id'],
        source: attributes['source'],
        type: attributes['type'],
        hops: 0,
      });
      expect(Buffer.from(stored?.event.body ?? [])).toEqual(body);
    },
  );

  test('in a batch is stored each as its own bytes, in order', async () => {
    const lab = await open();
    const { headers, body, bodies } = validBatch();
    const reply = await lab.post({ headers, body });
    expect([reply.status, reply.headers['x-agentcube-deliveries']]).toEqual([202, String(bodies.length)]);
    const stored = await lab.take('all');
    expect(stored.map(bodyText)).toEqual(bodies);
    expect(stored.map(({ event }) => event.headers)).toEqual(
      bodies.map(() => [['content-type', 'application/cloudevents+json']]),
    );
  });

  test('is for each trigger of its broker that takes it, and only of its namespace', async () => {
    const elsewhere = triggerOf('elsewhere', { broker: 'other' });
    const lab = await open({
      triggers: [
        everything,
        triggerOf('issues', { filters: [{ prefix: { type: 'com.example.issue.' } }] }),
        triggerOf('pushes', { attributes: { type: 'com.example.push' } }),
        elsewhere,
        triggerOf('foreign', { key: { namespace: 'team-a', name: 'foreign' } }),
      ],
    });
    const { headers, body } = event('1', { type: 'com.example.issue.opened' });
    expect((await lab.post({ headers, body })).headers['x-agentcube-deliveries']).toBe('2');
    const path = '/v1/namespaces/default/brokers/other';
    expect((await lab.post({ headers, body, path })).headers['x-agentcube-deliveries']).toBe('1');
    const stored = await lab.take('all', 'issues', 'pushes', 'elsewhere');
    expect(stored.map(({ trigger }) => trigger).sort()).toEqual([
      'default/all',
      'default/elsewhere',
      'default/issues',
    ]);
  });

  test('that no trigger takes is 202 and counted', async () => {
    const lab = await open({ triggers: [triggerOf('pushes', { attributes: { type: 'com.example.push' } })] });
    const reply = await lab.post(event('1'));
    expect([reply.status, reply.headers['x-agentcube-deliveries']]).toEqual([202, '0']);
    expect(lab.counted).toEqual(['accepted 1, untaken 1']);
  });

  test('has the lane of its session where the trigger is ordered', async () => {
    const session = { key: '{source}/{subject}', whenEnded: 'new' } as const;
    const unordered = { ...everything.delivery, ordered: false };
    const appends: (readonly NewDelivery[])[] = [];
    const lab = await open({
      triggers: [triggerOf('a', { session }), triggerOf('b', { session, delivery: unordered })],
      store: watched(appends),
    });
    await lab.post(event('1', { subject: 'issue/1' }));
    await lab.post(event('2'));
    expect(appends.flat().map(({ trigger, id, lane }) => [trigger, id, lane])).toEqual([
      ['default/a', '1', 'AgentRuntime/default/echo/%2fmycontext/issue%2f1'],
      ['default/b', '1', undefined],
      ['default/a', '2', undefined],
      ['default/b', '2', undefined],
    ]);
  });

  test('waits for its body to be asked for, where the caller wants that', async () => {
    const lab = await open();
    const { headers, body } = event('1');
    const expecting = { ...headers, Expect: '100-continue', 'Content-Length': body.length };
    const { request, response } = begin(lab.port, {
      method: 'POST',
      path: '/v1/namespaces/default/events',
      headers: expecting,
    });
    request.flushHeaders();
    await new Promise((resolve) => request.on('continue', resolve));
    request.end(body);
    expect((await whole(await response)).status).toBe(202);
  });
});

describe('what is refused', () => {
  test.each(invalidEvents)('400: $what', async ({ attribute, rule, headers, body, event: index }) => {
    const lab = await open();
    const reply = await lab.post({ headers, body });
    expect([reply.status, JSON.parse(reply.body)]).toMatchObject([
      400,
      { code: 'INVALID_EVENT', retryable: false },
    ]);
    const { problems } = JSON.parse(reply.body) as { problems: readonly unknown[] };
    expect(problems).toContainEqual({
      attribute,
      rule: expect.stringMatching(rule),
      ...(index !== undefined && { event: index }),
    });
    expect(await lab.take('all')).toEqual([]);
  });

  test.each([
    ['an event whose length says that it is too large', 'content-length', json('x'.repeat(1_001))],
    ['an event that turns out too large', 'chunked', json('x'.repeat(1_001))],
    ['a batch that is too large', 'content-length', json('x'.repeat(3_001), batchType)],
    ['a batch of too many', 'content-length', json(`[${Array(4).fill(member({})).join(',')}]`, batchType)],
  ])('413: %s', async (_, how, { headers, body }) => {
    const lab = await open({
      triggers: [everything],
      config: { maxEventBytes: 1_000, maxBatchBytes: 3_000, maxBatchEvents: 3 },
    });
    const framing =
      how === 'chunked' ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': body.length };
    const reply = await lab.post({ headers: { ...headers, ...framing }, body });
    expect([reply.status, JSON.parse(reply.body)]).toMatchObject([413, { code: 'EVENT_TOO_LARGE' }]);
  });

  test('a caller that asks before it sends too much is not told to go on', async () => {
    const lab = await open();
    const { headers } = json('');
    const { request, response } = begin(lab.port, {
      method: 'POST',
      path: '/v1/namespaces/default/events',
      headers: { ...headers, Expect: '100-continue', 'Content-Length': 2 ** 30 },
    });
    const goneOn: string[] = [];
    request.on('continue', () => goneOn.push('continue'));
    request.flushHeaders();
    const { statusCode } = await response;
    request.destroy();
    expect([statusCode, goneOn]).toEqual([413, []]);
  });

  test.each([
    [{ 'content-type': 'application/cloudevents+avro' }],
    [{ 'content-type': 'application/cloudevents+json', 'content-encoding': 'gzip' }],
  ])('415: %j', async (headers) => {
    const lab = await open();
    const reply = await lab.post({ headers, body: member({}) });
    expect([reply.status, JSON.parse(reply.body)]).toMatchObject([415, { code: 'UNSUPPORTED_MEDIA_TYPE' }]);
  });

  test('429 with Retry-After when the queue of one trigger is full: then no trigger gets the event', async () => {
    const lab = await open({
      triggers: [everything, triggerOf('issues', { attributes: { type: 'issue' } })],
      config: { queue: { perTrigger: 1, total: 100 } },
    });
    expect((await lab.post(event('1', { type: 'issue' }))).status).toBe(202);
    const reply = await lab.post(event('2', { type: 'issue' }));
    expect([reply.status, reply.headers['retry-after'], JSON.parse(reply.body)]).toMatchObject([
      429,
      '1',
      { code: 'QUEUE_FULL', retryable: true },
    ]);
    expect((await lab.take('all', 'issues')).map(({ id }) => id)).toEqual(['1', '1']);
  });

  test('503 with Retry-After while nobody knows which triggers there are', async () => {
    const lab = await open({});
    const reply = await lab.post(event('1'));
    expect([reply.status, reply.headers['retry-after'], JSON.parse(reply.body)]).toMatchObject([
      503,
      '1',
      { code: 'STORE_UNAVAILABLE', retryable: true, error: expect.stringContaining('triggers') },
    ]);
  });

  test('503 when the queue cannot be written; why is for the log', async () => {
    const lab = await open({
      triggers: [everything],
      store: (store) => ({
        ...store,
        append: () => Promise.reject(new PlatformError('STORE_UNAVAILABLE', 'disk /dev/sda1 is full')),
      }),
    });
    const reply = await lab.post(event('1'));
    expect([reply.status, JSON.parse(reply.body)]).toMatchObject([503, { code: 'STORE_UNAVAILABLE' }]);
    expect(reply.body).not.toContain('sda1');
    expect(lab.logged.join()).toContain('sda1');
  });

  test('503 once it is draining, and what was in hand is finished', async () => {
    const gate = Promise.withResolvers<void>();
    const appends: (readonly NewDelivery[])[] = [];
    const lab = await open({ triggers: [everything], store: watched(appends, gate.promise) });
    const first = lab.post(event('1'));
    await until(() => appends.length === 1);
    const drained = lab.ingress.drain(60_000);
    const late = await lab.post(event('2'));
    expect([late.status, JSON.parse(late.body)]).toMatchObject([503, { code: 'SHUTTING_DOWN' }]);
    gate.resolve();
    expect((await first).status).toBe(202);
    await drained;
  });

  test.each(['GET', 'PUT', 'DELETE'])('405: %s', async (method) => {
    const lab = await open();
    const reply = await lab.post({ method });
    expect([reply.status, reply.headers.allow]).toEqual([405, 'POST, OPTIONS']);
  });

  test('a body that breaks off is stored by nobody', async () => {
    const lab = await open();
    const { headers, body } = event('1');
    const { request } = begin(lab.port, {
      method: 'POST',
      path: '/v1/namespaces/default/events',
      headers: { ...headers, 'Content-Length': body.length },
    });
    request.on('error', () => undefined);
    request.write(body.subarray(0, 10));
    await new Promise((resolve) => lab.server.once('request', resolve));
    request.destroy();
    await until(() => lab.counted.length > 0);
    expect(lab.counted).toEqual(['refused INVALID_REQUEST']);
    expect(await lab.take('all')).toEqual([]);
  });
});

test('the handshake of web hooks lets everybody send, as fast as they like', async () => {
  const lab = await open();
  const headers = { 'WebHook-Request-Origin': 'eventemitter.example.com', 'WebHook-Request-Rate': '120' };
  const reply = await lab.post({ method: 'OPTIONS', headers });
  expect([reply.status, reply.headers]).toMatchObject([
    200,
    { allow: 'POST, OPTIONS', 'webhook-allowed-origin': '*', 'webhook-allowed-rate': '*' },
  ]);
});

describe('events that arrive together', () => {
  test('are one write while another is under way, in the order of each caller', async () => {
    const gate = Promise.withResolvers<void>();
    const appends: (readonly NewDelivery[])[] = [];
    const lab = await open({ triggers: [everything], store: watched(appends, gate.promise) });
    const first = lab.post(event('first'));
    await until(() => appends.length === 1);
    const others = ['a', 'b', 'c'].map((id) => lab.post(event(id)));
    const { headers, body } = json(`[${member({ id: 'x' })},${member({ id: 'y' })}]`, batchType);
    const batch = lab.post({ headers, body });
    await lab.waiting(4);
    gate.resolve();
    const replies = await Promise.all([first, ...others, batch]);
    expect(replies.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
    expect(appends.map(({ length }) => length)).toEqual([1, 5]);
    const ids = appends[1]?.map(({ id }) => id) ?? [];
    expect(ids.indexOf('y')).toBe(ids.indexOf('x') + 1);
  });

  test('for a trigger that is full are refused, and the others stored', async () => {
    const gate = Promise.withResolvers<void>();
    const appends: (readonly NewDelivery[])[] = [];
    const lab = await open({
      triggers: [
        triggerOf('busy', { attributes: { type: 'busy' } }),
        triggerOf('free', { attributes: { type: 'free' } }),
      ],
      config: { queue: { perTrigger: 2, total: 100 } },
      store: watched(appends, gate.promise),
    });
    const first = lab.post(event('first', { type: 'busy' }));
    await until(() => appends.length === 1);
    const { headers, body } = json(
      `[${[1, 2].map((n) => member({ id: `${n}`, type: 'busy' })).join(',')}]`,
      batchType,
    );
    const full = lab.post({ headers, body });
    const free = lab.post(event('free', { type: 'free' }));
    await lab.waiting(2);
    gate.resolve();
    expect([(await first).status, (await full).status, (await free).status]).toEqual([202, 429, 202]);
    expect((await lab.take('busy', 'free')).map(({ id }) => id)).toEqual(['first', 'free']);
  });
});

test('an activator has brokers beside its invocations, and none where nobody takes events', async () => {
  const lab = await open();
  const [taking, other] = [
    await MemoryActivator.start({ events: lab.ingress }),
    await MemoryActivator.start(),
  ];
  try {
    const question = { method: 'POST', path: '/v1/namespaces/default/events', ...event('1') };
    expect((await ask(taking.port, question)).status).toBe(202);
    expect((await ask(other.port, question)).status).toBe(404);
    expect((await lab.take('all')).map(({ id }) => id)).toEqual(['1']);
    await taking.activator.drain(0);
    expect((await ask(taking.port, question)).status).toBe(503);
  } finally {
    await taking.close();
    await other.close();
  }
});

test('a slow queue holds no more than it may: then callers are told to come again', async () => {
  const gate = Promise.withResolvers<void>();
  const appends: (readonly NewDelivery[])[] = [];
  const config = { maxBytesInHand: 1_500 };
  const lab = await open({ triggers: [everything], config, store: watched(appends, gate.promise) });
  const [first, second] = ['1', '2'].map((id) => event(id, { data: 'x'.repeat(1_000) }));
  const held = lab.post(first ?? {});
  await until(() => appends.length === 1);
  const reply = await lab.post(second ?? {});
  expect([reply.status, reply.headers['retry-after'], JSON.parse(reply.body)]).toMatchObject([
    429,
    '1',
    { code: 'SERVER_OVERLOADED' },
  ]);
  gate.resolve();
  expect((await held).status).toBe(202);
  expect((await lab.post(second ?? {})).status).toBe(202);
});
