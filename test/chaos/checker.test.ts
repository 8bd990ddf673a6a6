// The checker finds each kind of broken promise when it is planted in a history that is in order otherwise.
import { describe, expect, test } from '@jest/globals';
import { check } from './checker.ts';
import type { Begin, Entry, Final, Inventory, OperationKind, Reading, Result } from './history.ts';

const begin = (at: number, op: string, more: Partial<Begin> = {}): Begin => ({
  t: 'begin',
  at,
  op,
  kind: 'use',
  label: 'c1',
  through: 'activator-0',
  ...(more.kind !== 'open' && { id: 's1' }),
  ...more,
});

const reading = (count: number, more: Partial<Reading> = {}): Reading => ({
  label: 'c1',
  boot: 'b1',
  count,
  strangers: [],
  ...more,
});

const answer = (count: number, more: Partial<Reading> = {}): Result => ({
  kind: 'answer',
  status: 200,
  sessionId: 's1',
  reading: reading(count, more),
});

const refusal = (code: string, more: object = {}): Result => ({
  kind: 'refusal',
  status: 503,
  code,
  retryable: true,
  retryAfter: '1',
  text: 'refused',
  ...more,
});

const end = (at: number, op: string, result: Result): Entry => ({ t: 'end', at, op, result });

const final = (ops: readonly string[], more: Partial<Final> = {}): Final => ({
  t: 'final',
  at: 900,
  label: 'c1',
  id: 's1',
  ops,
  reading: reading(ops.length),
  ...more,
});

const atRest: Inventory = {
  t: 'inventory',
  at: 1_000,
  sandboxes: ['box1', 'warm1'],
  alive: ['box1', 'warm1'],
  sessions: [{ id: 's1', state: 'paused', sandbox: 'box1' }],
  pool: 1,
};

/** One operation after `open`, whatever became of it. */
const withUse = (result: Result, ops: readonly string[], ...more: readonly Entry[]): Entry[] => [
  begin(0, 'open', { kind: 'open' }),
  end(100, 'open', answer(1)),
  begin(200, 'use'),
  end(300, 'use', result),
  ...more,
  final(ops),
  atRest,
];

const rulesOf = (entries: readonly Entry[]): string[] => check(entries).map(({ rule }) => rule);
const textsOf = (entries: readonly Entry[]): string =>
  check(entries)
    .map(({ text }) => text)
    .join('\n');

describe('a history in order', () => {
  test('two answers, both remembered', () => {
    expect(check(withUse(answer(2), ['open', 'use']))).toEqual([]);
  });

  test.each<[string, readonly string[]]>([
    ['STORE_UNAVAILABLE', ['open']],
    ['SANDBOX_CONNECTION_LOST', ['open']],
    ['SANDBOX_CONNECTION_LOST', ['open', 'use']],
  ])('a typed refusal %s, with %j remembered', (code, ops) => {
    expect(check(withUse(refusal(code), ops))).toEqual([]);
  });

  test.each<Result>([
    { kind: 'broken', why: 'ECONNRESET' },
    { kind: 'unreachable', why: 'ECONNREFUSED' },
  ])('a connection that ends as $kind while its program is gone', (result) => {
    const gone: Entry = { t: 'life', at: 250, program: 'activator-0', what: 'gone' };
    expect(check(withUse(result, ['open'], gone))).toEqual([]);
  });

  test('no answer from a program that is frozen', () => {
    const frozen: Entry = { t: 'fault', at: 250, what: 'freeze', target: 'activator-0' };
    expect(check(withUse({ kind: 'late' }, ['open', 'use'], frozen))).toEqual([]);
  });

  test('a session that its client ended, and one that was never told', () => {
    const entries: Entry[] = [
      begin(0, 'open', { kind: 'open' }),
      end(100, 'open', answer(1)),
      begin(200, 'delete', { kind: 'delete', through: 'controller-0' }),
      end(300, 'delete', { kind: 'answer', status: 200 }),
      begin(400, 'open2', { kind: 'open', label: 'c2' }),
      end(500, 'open2', refusal('STORE_UNAVAILABLE')),
      { ...atRest, sandboxes: ['warm1'], alive: ['warm1'], sessions: [{ id: 's1', state: 'ended' }] },
    ];
    expect(check(entries)).toEqual([]);
  });
});

describe('answered once', () => {
  test('an operation without an end', () => {
    expect(rulesOf([...withUse(answer(2), ['open', 'use']), begin(400, 'lost')])).toContain('answered once');
  });

  test('an operation with two ends', () => {
    const entries = withUse(answer(2), ['open', 'use'], end(301, 'use', answer(2)));
    expect(rulesOf(entries)).toEqual(['answered once']);
  });

  test.each<Result>([
    { kind: 'broken', why: 'ECONNRESET' },
    { kind: 'unreachable', why: 'ECONNREFUSED' },
    { kind: 'late' },
  ])('$kind though the program lived', (result) => {
    expect(rulesOf(withUse(result, ['open']))).toEqual(['answered once']);
  });

  test('a connection that broke when another program was gone, or this one long before', () => {
    const others: Entry[] = [
      { t: 'life', at: 250, program: 'activator-1', what: 'gone' },
      { t: 'life', at: -9_000, program: 'activator-0', what: 'gone' },
      { t: 'life', at: -8_000, program: 'activator-0', what: 'ready' },
    ];
    expect(rulesOf(withUse({ kind: 'broken', why: 'ECONNRESET' }, ['open'], ...others))).toEqual([
      'answered once',
    ]);
  });
});

describe('typed refusals', () => {
  test.each<[string, Result]>([
    ['no code', refusal('STORE_UNAVAILABLE', { code: undefined })],
    ['an unknown code', refusal('OOPS')],
    ['not retryable where it is', refusal('STORE_UNAVAILABLE', { retryable: false })],
    ['no Retry-After', refusal('STORE_UNAVAILABLE', { retryAfter: undefined })],
  ])('%s', (_what, result) => {
    expect(rulesOf(withUse(result, ['open']))).toEqual(['typed refusals']);
  });
});

describe('no session lost', () => {
  test.each(['SESSION_NOT_FOUND', 'SESSION_ENDED', 'RUNTIME_NOT_FOUND', 'INTERNAL'])('%s', (code) => {
    const refused = refusal(code, { retryable: false });
    expect(rulesOf(withUse(refused, ['open']))).toEqual(['no session lost']);
  });

  test('it does not answer in the end', () => {
    const entries = withUse(answer(2), []).filter(({ t }) => t !== 'final');
    const silent: Final = { t: 'final', at: 900, label: 'c1', id: 's1', why: 'SESSION_NOT_FOUND: gone' };
    expect(rulesOf([...entries, silent])).toEqual(['no session lost']);
    expect(rulesOf(entries)).toEqual(['no session lost']);
  });

  test('it has ended, and nobody asked for that', () => {
    const ended: Inventory = { ...atRest, sessions: [{ id: 's1', state: 'ended' }], pool: 2 };
    expect(rulesOf([...withUse(answer(2), ['open', 'use']).slice(0, -1), ended])).toEqual([
      'no session lost',
    ]);
  });
});

describe('counted once', () => {
  test.each<[string, Result, readonly string[], string]>([
    ['a lost count', answer(2), ['open'], 'is not remembered'],
    ['a doubled count', answer(2), ['open', 'use', 'use'], 'carried out 2 times'],
    ['a count for a refused operation', refusal('WAKE_TIMEOUT'), ['open', 'use'], 'and yet carried out'],
    ['an answer with the count of another', answer(1), ['open', 'use'], 'both counted as 1'],
    ['an answer with a count that is not its own', answer(3), ['open', 'use', 'x'], 'was answered 3'],
  ])('%s', (_what, result, ops, text) => {
    expect(textsOf(withUse(result, ops))).toContain(text);
  });

  test('counts against the order of time', () => {
    const entries = [
      begin(0, 'open', { kind: 'open' }),
      end(100, 'open', answer(2)),
      begin(200, 'use'),
      end(300, 'use', answer(1)),
      final(['use', 'open']),
      atRest,
    ];
    expect(textsOf(entries)).toContain('ended before use began');
  });
});

describe('own sandbox and memory', () => {
  test.each<[string, Result, string]>([
    ['the sandbox of another', answer(2, { label: 'c9' }), 'answered by the sandbox of c9'],
    ['a sandbox that met another', answer(2, { strangers: ['c9'] }), 'met c9'],
    ['another process', answer(2, { boot: 'b2' }), '2 processes'],
    ['another id', { ...answer(2), sessionId: 's2' } as Result, 'several ids'],
  ])('%s', (_what, result, text) => {
    expect(textsOf(withUse(result, ['open', 'use']))).toContain(text);
  });

  test('a process that was new in the end', () => {
    const entries = withUse(answer(2), []).filter(({ t }) => t !== 'final');
    expect(rulesOf([...entries, final(['open', 'use'], { reading: reading(2, { boot: 'b2' }) })])).toEqual([
      'memory kept',
    ]);
  });

  test('an operation that its client never sent', () => {
    expect(textsOf(withUse(answer(2), ['open', 'use', 'foreign']))).toContain('remembers foreign');
  });

  test('one id for two clients', () => {
    const kind: OperationKind = 'open';
    const other = [
      begin(0, 'o2', { kind, label: 'c2' }),
      end(50, 'o2', refusal('WAKE_TIMEOUT', { sessionId: 's1' })),
    ];
    expect(textsOf([...withUse(answer(2), ['open', 'use']), ...other])).toContain('both given s1');
  });
});

describe('nothing orphaned', () => {
  const rested = (more: Partial<Inventory>): string =>
    textsOf([...withUse(answer(2), ['open', 'use']).slice(0, -1), { ...atRest, ...more }]);
  const session = { id: 's1', state: 'paused', sandbox: 'box1' };

  test.each<[string, Partial<Inventory>, string]>([
    ['a sandbox too many', { sandboxes: ['box1', 'warm1', 'stray'] }, '2 sandboxes belong to no session'],
    ['a pool that is not full', { sandboxes: ['box1'], alive: ['box1'] }, '0 sandboxes belong to no session'],
    ['processes without a folder', { alive: ['box1', 'stray'] }, 'processes of sandbox stray'],
    ['a sandbox of two', { sessions: [session, { ...session, id: 's2' }] }, 'two sessions have sandbox box1'],
    ['a session without a sandbox', { sessions: [{ id: 's1', state: 'paused' }] }, 'is not there'],
    ['a session in between', { sessions: [{ ...session, state: 'resuming' }] }, 'still resuming'],
    ['a dead one that should live', { alive: ['warm1'] }, 'does not live'],
    ['a live one that should not', { sessions: [{ ...session, state: 'suspended' }] }, 'its sandbox lives'],
    [
      'a session that nobody opened',
      { sessions: [session, { id: 's2', state: 'paused', sandbox: 'warm1' }], pool: 0 },
      "1 sessions are nobody's",
    ],
  ])('%s', (_what, more, text) => {
    expect(rested(more)).toContain(text);
  });

  test('nobody looked', () => {
    expect(rulesOf(withUse(answer(2), ['open', 'use']).slice(0, -1))).toEqual(['nothing orphaned']);
  });
});
