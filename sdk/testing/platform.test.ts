// The platform in memory behaves as the documents say: sleep, wake, busy, hooks, ends, events.
import { afterEach, describe, expect, test } from '@jest/globals';
import { AgentError, events, type Agent, type Context } from '../agent/index.ts';
import { testPlatform, type TestPlatform, type TestPlatformOptions } from './index.ts';

let platform: TestPlatform;
afterEach(() => platform[Symbol.asyncDispose]());

const start = async (options: TestPlatformOptions): Promise<TestPlatform> =>
  (platform = await testPlatform(options));

const counter = () => {
  let count = 0;
  return () => ({ count: (count += 1) });
};

describe('a session', () => {
  test('starts with its first call, pauses when nobody calls, and wakes with its memory', async () => {
    await start({ agent: counter, pauseAfterMs: 5_000 });
    const session = platform.session();
    expect(session.state).toBe('new');
    const first = await session.fetch('/', { json: {} });
    expect(first.headers.get('server-timing')).toMatch(/^cold/);
    expect(first.headers.get('x-agentcube-session-id')).toBe(session.id);
    await first.text();
    await platform.clock.advance(4_999);
    expect(session.state).toBe('running');
    await platform.clock.advance(1);
    expect(session.state).toBe('paused');
    const second = await session.fetch('/', { json: {} });
    expect(second.headers.get('server-timing')).toMatch(/^wake.*paused/);
    expect(await second.json()).toEqual({ count: 2 });
  });

  test('shares nothing with another', async () => {
    await start({ agent: counter });
    await platform.session().invoke({});
    expect(await platform.session().invoke({})).toEqual({ count: 1 });
  });

  test('that crashed starts anew, without its memory, and says so', async () => {
    await start({ agent: counter });
    const session = platform.session();
    await session.invoke({});
    session.crash();
    expect(session.state).toBe('lost');
    const answer = await session.fetch('/', { json: {} });
    expect(answer.headers.get('server-timing')).toContain('memory;desc="new"');
    expect(await answer.json()).toEqual({ count: 1 });
  });

  test('ends when nobody came for its timeout, and at its longest duration; then it is 404', async () => {
    await start({ agent: counter, sessionTimeoutMs: 60_000, maxSessionDurationMs: 100_000 });
    const [idle, used] = [platform.session(), platform.session()];
    await idle.invoke({});
    await used.invoke({});
    await platform.clock.advance(50_000);
    await used.invoke({});
    await platform.clock.advance(10_000);
    expect([idle.state, used.state]).toEqual(['ended', 'running']);
    await platform.clock.advance(40_000);
    expect(used.state).toBe('ended');
    const answer = await used.fetch('/', { json: {} });
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ code: 'SESSION_ENDED', reason: 'max-duration' });
  });
});

describe('what keeps a session awake', () => {
  test('an answer that is not finished', async () => {
    await start({
      agent:
        () =>
        async (_: unknown, { sleep }: Context) => {
          await sleep(120_000);
          return 'done';
        },
    });
    const session = platform.session();
    const answer = session.invoke({});
    await platform.clock.advance(119_000);
    expect(session.state).toBe('running');
    await platform.clock.advance(1_000);
    expect(await answer).toBe('done');
    await platform.clock.advance(30_000);
    expect(session.state).toBe('paused');
  });

  test('work that outlives its request, for as long as it lasts; when it fails, that is logged', async () => {
    await start({
      agent:
        () =>
        (_: unknown, { busy, sleep }: Context) => {
          // The turn is over long before: its signal must not end the work.
          void busy(async () => {
            await sleep(100_000, new AbortController().signal);
            throw new Error('no more paper');
          }, 'printing');
          return 'started';
        },
    });
    const session = platform.session();
    expect(await session.invoke({})).toBe('started');
    expect(session.busy).toEqual(['printing']);
    await platform.clock.advance(99_000);
    expect([session.state, await session.pause()]).toEqual(['running', false]);
    await platform.clock.advance(31_000);
    expect([session.busy, session.state]).toEqual([[], 'paused']);
    expect(session.logs.at(-1)).toMatchObject({
      level: 'error',
      reason: 'printing',
      error: { message: 'no more paper' },
    });
  });

  test('a named reason, until it is ended, once or twice', async () => {
    const held: { end(): void }[] = [];
    await start({ agent: () => (_: unknown, context: Context) => void held.push(context.busy('index')) });
    const session = platform.session();
    await session.invoke({});
    await session.invoke({});
    expect(session.busy).toEqual(['index', 'index']);
    held[0]?.end();
    held[0]?.end();
    expect(session.busy).toEqual(['index']);
    held[1]?.end();
    expect(await session.pause()).toBe(true);
  });
});

test('while a session sleeps its timers wait; those that were due fire when it wakes', async () => {
  const fired: number[] = [];
  await start({
    agent:
      () =>
      (_: unknown, { clock }: Context) =>
        void clock.after(40_000, () => fired.push(clock.now())),
    startAt: 0,
  });
  const session = platform.session();
  await session.invoke({});
  await platform.clock.advance(50_000);
  expect(fired).toEqual([]);
  await session.invoke({});
  expect(fired).toEqual([50_000]);
});

describe('hooks', () => {
  const told: string[] = [];
  const agent = (): Agent => {
    told.length = 0;
    const tell = (what: string) => (): void => void told.push(what);
    return {
      onStart: tell('start'),
      onPause: tell('pause'),
      onResume: (sleptMs) => void told.push(`resume ${Math.round(sleptMs / 10_000)}`),
      onEnd: tell('end'),
      routes: { '/': tell('turn') },
    };
  };

  test('each at its moment: start, before a pause, before the first turn after it, at SIGTERM', async () => {
    await start({ agent });
    const session = platform.session();
    await session.invoke({});
    expect(told).toEqual(['start', 'turn']);
    await platform.clock.advance(100_000);
    expect([...told, session.state]).toEqual(['start', 'turn', 'pause', 'paused']);
    await session.invoke({});
    expect(told.slice(3)).toEqual(['resume 7', 'turn']);
    await session.terminate();
    expect(told.at(-1)).toBe('end');
  });

  test('a pause waits for onPause', async () => {
    const saved = Promise.withResolvers<void>();
    await start({
      agent: () => ({ onPause: () => saved.promise, routes: { '/': () => 1 } }),
      pauseAfterMs: 1_000,
    });
    const session = platform.session();
    await session.invoke({});
    await platform.clock.advance(5_000);
    expect([session.state, await session.pause()]).toEqual(['running', false]);
    saved.resolve();
    await platform.clock.advance(1_000);
    expect(session.state).toBe('paused');
  });

  test('one that never ends is waited for 10 s, and the log says so', async () => {
    await start({
      agent: () => ({ onPause: () => new Promise(() => {}), routes: { '/': () => 1 } }),
      pauseAfterMs: 1_000,
    });
    const session = platform.session();
    await session.invoke({});
    await platform.clock.advance(13_000);
    expect(session.state).toBe('paused');
    expect(session.logs).toContainEqual(
      expect.objectContaining({ message: 'onPause takes too long; going on without it' }),
    );
  });

  test('onEnd comes when what was in hand is finished; what takes too long is told to stop', async () => {
    const order: string[] = [];
    await start({
      agent: () => ({
        onEnd: () => void order.push('end'),
        routes: {
          '/': async (_: unknown, { sleep }: Context) => {
            await sleep(60_000).catch((fault: Error) => order.push(fault.message));
            return 'late';
          },
        },
      }),
    });
    const session = platform.session();
    const answer = session.invoke({}).catch(() => undefined);
    await platform.clock.advance(0);
    const ended = session.terminate();
    await platform.clock.advance(9_000);
    expect(order).toEqual([]);
    await platform.clock.advance(1_000);
    await ended;
    await answer;
    expect(order).toEqual(['the agent stops', 'end']);
  });

  test('until onStart is done nobody is served; when it fails there is no agent', async () => {
    await start({ agent: () => ({ onStart: () => Promise.reject(new Error('no model')), routes: {} }) });
    await expect(platform.session().fetch('/')).rejects.toThrow('no model');
  });
});

describe('events', () => {
  interface Plan {
    readonly answers: (number | Error)[];
  }
  /** Answers as planned, then with 204; remembers the ids that it saw. */
  const seen: string[] = [];
  const planned =
    ({ answers }: Plan) =>
    () => ({
      routes: {
        '/events': events((event) => {
          seen.push(event.id);
          const next = answers.shift();
          if (next instanceof Error) throw next;
          if (next !== undefined) throw new AgentError(next, 'PLANNED', 'as planned');
        }),
      },
    });
  const trigger = { name: 'triage', path: '/events', key: 'subject', retry: 3 };
  const begin = async (answers: Plan['answers'], more: object = {}): Promise<void> => {
    seen.length = 0;
    await start({ agent: planned({ answers }), triggers: [{ ...trigger, ...more }] });
  };
  const results = () => platform.events.tries.map(({ result, status }) => `${result} ${status}`);

  test('one subject is one session, which sleeps between them', async () => {
    await begin([]);
    expect(platform.events.send({ type: 'opened', subject: 'issue/1' })).toBe(1);
    platform.events.send({ type: 'opened', subject: 'issue/2' });
    await platform.events.settled();
    await platform.clock.advance(30_000);
    expect(platform.sessions.map(({ state }) => state)).toEqual(['paused', 'paused']);
    platform.events.send({ type: 'closed', subject: 'issue/1' });
    await platform.events.settled();
    expect(platform.sessions).toHaveLength(2);
    expect(platform.sessions.map(({ state }) => state)).toEqual(['running', 'paused']);
  });

  test('nobody takes what no trigger wants', async () => {
    await begin([], { filter: ({ type }: { type: string }) => type === 'opened' });
    expect(platform.events.send({ type: 'closed' })).toBe(0);
  });

  test('a failed one is tried again, ever later, and the next of its session waits for it', async () => {
    await begin([500, new Error('x'), 503]);
    platform.events.send({ type: 'a', id: '1', subject: 's' });
    platform.events.send({ type: 'a', id: '2', subject: 's' });
    await platform.events.settled();
    expect(seen).toEqual(['1']);
    await platform.clock.advance(500);
    expect(seen).toEqual(['1', '1']);
    await platform.clock.advance(999);
    expect(seen).toHaveLength(2);
    await platform.clock.advance(2_001);
    await platform.events.settled();
    expect(seen).toEqual(['1', '1', '1', '1', '2']);
    expect(results()).toEqual(['again 500', 'again 500', 'again 503', 'delivered 204', 'delivered 204']);
  });

  test('what does not help is a dead letter: at once for 400, after the retries for 500', async () => {
    await begin([400, 500, 500, 500, 500]);
    platform.events.send({ type: 'a', id: '1', subject: 's' });
    platform.events.send({ type: 'a', id: '2', subject: 's' });
    await platform.events.settled();
    await platform.clock.advance(60_000);
    expect(
      platform.events.deadLetters.map(({ event, tries, error }) => [event.id, tries, error.code]),
    ).toEqual([
      ['1', 1, 400],
      ['2', 4, 500],
    ]);
  });

  test('a reply comes in as an event, ten times at most', async () => {
    const echo = { '/events': events((event) => ({ type: event.type, subject: event.subject })) };
    await start({ agent: () => ({ routes: echo }), triggers: [trigger] });
    platform.events.send({ type: 'ping', subject: 's' });
    await platform.events.settled();
    expect(platform.events.tries).toHaveLength(11);
    expect(platform.events.deadLetters).toHaveLength(1);
  });
});
