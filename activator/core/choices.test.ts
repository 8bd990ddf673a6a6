// The small decisions, as tables: which door, which address, who may enter and wait, what a lease needs, what a wait is called.
import { describe, expect, test } from '@jest/globals';
import { stateKinds } from '../../model/session.ts';
import { sessionIn } from '../../test/support/sessions.ts';
import { mayEnter, mayWait } from './admission.ts';
import { parseEndpoint } from './endpoint.ts';
import { effectOf, isUsable, upkeepOf, type Held } from './leases.ts';
import { pickEntry } from './pick-entry.ts';
import { serverTiming } from './timing.ts';

test.each([
  [['/api', '/web'], '/web/x', '/web'],
  [['/api', '/api/deep'], '/api/deep/x', '/api'],
  [['/api'], '/apix', '/api'],
  [['/api', ''], '/else', ''],
  [['/api', '/web'], '/else', '/api'],
  [[], '/x', undefined],
])('of the doors %j, %s goes through %j', (paths, path, door) => {
  expect(
    pickEntry(
      paths.map((entry) => ({ path: entry })),
      path,
    )?.path,
  ).toBe(door);
});

describe('parseEndpoint', () => {
  const parse = (endpoint: string, protocol: 'HTTP' | 'HTTPS' = 'HTTP') =>
    parseEndpoint({ endpoint, protocol });
  const tcp = { kind: 'tcp', tls: false } as const;

  test.each([
    ['unix:///run/s/8080.sock', { kind: 'unix', socketPath: '/run/s/8080.sock', host: 'localhost:8080' }],
    ['unix:///run/s/door', { kind: 'unix', socketPath: '/run/s/door', host: 'localhost' }],
    ['10.0.0.1:8080', { ...tcp, hostname: '10.0.0.1', port: 8080, host: '10.0.0.1:8080' }],
    ['[fd00::1]:80', { ...tcp, hostname: 'fd00::1', port: 80, host: '[fd00::1]:80' }],
    ['https://box:8443', { kind: 'tcp', tls: true, hostname: 'box', port: 8443, host: 'box:8443' }],
    ['http://box/', { ...tcp, hostname: 'box', port: 80, host: 'box' }],
  ])('%s', (endpoint, address) => expect(parse(endpoint)).toEqual({ address }));

  test('the protocol counts where the endpoint names none', () => {
    expect(parse('box', 'HTTPS')).toMatchObject({ address: { tls: true, port: 443 } });
    expect(parse('http://box', 'HTTPS')).toMatchObject({ address: { tls: false, port: 80 } });
  });

  test.each(['', 'unix://relative', 'ftp://x', 'box:99999', 'http://user@box', 'a b:80'])(
    '%j is a problem',
    (endpoint) => {
      expect(parse(endpoint)).toHaveProperty('problem');
    },
  );
});

describe('admission', () => {
  const limits = {
    maxConcurrentRequests: 10,
    maxWaitingPerSession: 2,
    maxWaitingPerRuntime: 3,
    maxWaiting: 4,
  };

  test.each([
    [9, 'go'],
    [10, 'SERVER_OVERLOADED'],
  ])('with %i in hand: %s', (inHand, answer) => expect(mayEnter(limits, inHand)).toBe(answer));

  test.each([
    [1, 2, 3, 'go'],
    [2, 2, 3, 'SESSION_QUEUE_FULL'],
    [2, 3, 4, 'SESSION_QUEUE_FULL'],
    [0, 3, 3, 'RUNTIME_QUEUE_FULL'],
    [0, 0, 4, 'SERVER_OVERLOADED'],
  ])(
    '%i wait for the session, %i for the runtime, %i in all: %s',
    (forSession, forRuntime, inAll, answer) => {
      expect(mayWait(limits, { forSession, forRuntime, inAll })).toBe(answer);
    },
  );
});

describe('leases', () => {
  const held: Held = {
    sessionId: 's',
    generation: 1,
    leasedUntil: 5_000,
    inHand: 0,
    lastActivityAt: 0,
    touched: false,
    pauseAfterMs: 3_000,
  };

  test.each([
    ['work in hand', { inHand: 1 }, 1_000, 'renew'],
    ['work in hand, lapsed by mischance', { inHand: 1, leasedUntil: 500 }, 1_000, 'renew'],
    ['used since the last look', { touched: true }, 1_000, 'renew'],
    ['not used since', {}, 1_000, 'leave'],
    ['at rest for as long as pauseAfter', {}, 3_000, 'release'],
    ['at rest, and never to be paused', { pauseAfterMs: null }, 4_000, 'leave'],
    ['run out', {}, 5_000, 'forget'],
    ['run out with use that the store has not heard of', { touched: true }, 5_000, 'release'],
  ] as const)('%s', (_, change, now, due) => expect(upkeepOf({ ...held, ...change }, now, false)).toBe(due));

  test('one that the store may have lost is renewed, unless it would be given up', () => {
    const at = (now: number) => upkeepOf(held, now, true);
    expect([at(1_000), at(3_000), at(5_000)]).toEqual(['renew', 'release', 'forget']);
  });

  test('are not relied upon in their last quarter of a second', () => {
    expect([isUsable(held, 4_700), isUsable(held, 4_800)]).toEqual([true, false]);
  });

  test('what news of the session means', () => {
    const effects = stateKinds.map((kind) => `${kind} ${effectOf(1, sessionIn(kind))}`);
    expect(effects).toEqual([
      'creating drop',
      'running keep',
      'pausing revoke',
      'paused revoke',
      'resuming revoke',
      'suspending drop',
      'suspended drop',
      'restarting drop',
      'ending drop',
      'ended drop',
    ]);
    expect(effectOf(1, sessionIn('running', { generation: 2 }))).toBe('drop');
  });
});

test.each([
  [{ kind: 'wake', from: 'paused', newMemory: false }, 1.42, 'wake;dur=1.4;desc="paused"'],
  [{ kind: 'wake', from: 'pausing', newMemory: false }, 3, 'wake;dur=3;desc="paused"'],
  [{ kind: 'wake', from: 'suspended', newMemory: true }, 8, 'wake;dur=8;desc="suspended", memory;desc="new"'],
  [{ kind: 'wake', from: 'paused', newMemory: true }, 9, 'wake;dur=9;desc="paused", memory;desc="new"'],
  [{ kind: 'wake', from: 'suspended', newMemory: false }, 812, 'wake;dur=812;desc="suspended"'],
  [{ kind: 'wake', from: 'creating', newMemory: false }, 70, 'cold;dur=70'],
  [{ kind: 'claim' }, 3.25, 'claim;dur=3.3'],
  [{ kind: 'cold' }, -1, 'cold;dur=0'],
] as const)('Server-Timing of %j after %d ms: %s', (wait, ms, text) =>
  expect(serverTiming(wait, ms)).toBe(text),
);
