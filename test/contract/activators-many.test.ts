// Several activators on one store: whatever one of them knows or does not know, a session is woken once, is never put to sleep
// while anybody forwards to it, and is never answered for by a sandbox that is not its own. The controller is a whole one.
import { describe, expect, test } from '@jest/globals';
import { settle } from '../support/manual-clock.ts';
import { routingLab, type TestActivator, type TestCaller } from '../support/routing-lab.ts';

const second = 1_000;
/** As the controller lab's runtime has it. */
const pauseAfterMs = 30 * second;
/** How soon the controller looks again at a session that was in use. */
const recheckMs = 6 * second;

async function start(count = 3, leaseMs = 90 * second) {
  const lab = await routingLab(count, { leaseMs });
  const { session } = await lab.open();
  const { id } = session;
  const state = async () => (await lab.session(id)).state.kind;
  const done = (action: string) => lab.driver.calls.filter((call) => call.startsWith(`${action} `)).length;
  /** A request that is answered: the activator has a lease from then on. */
  const use = async (one: TestActivator): Promise<void> => {
    const caller = one.ask(id);
    await settle();
    caller.end();
  };
  const [a, b] = lab.activators as [TestActivator, TestActivator];
  return { lab, id, state, done, use, a, b };
}

/** As a leader elsewhere would: the sandbox crashed, and the session was started again. */
async function movedElsewhere({ lab, id }: Awaited<ReturnType<typeof start>>): Promise<void> {
  const { state } = await lab.session(id);
  if (state.kind !== 'running') throw new Error('it does not run');
  lab.driver.crash(state.sandbox.id, 'killed');
  await settle();
  lab.controller.wakes.wake(id);
  await settle();
}

describe('a sleeping session', () => {
  test('that many ask for at every activator is woken once, and everybody is let through', async () => {
    const { lab, id, state, done } = await start();
    await lab.clock.advance(pauseAfterMs + second);
    expect(await state()).toBe('paused');
    const callers = lab.activators.flatMap((one) => Array.from({ length: 10 }, () => one.ask(id)));
    await settle();
    expect(done('resume')).toBe(1);
    expect(callers.every(({ route }) => route?.sessionId === id)).toBe(true);
  });

  test('whose wake was not heard of is asked for again, and its push is not needed', async () => {
    const { lab, id, a } = await start();
    await lab.clock.advance(pauseAfterMs + second);
    a.hears = false;
    const caller = a.ask(id);
    await settle();
    expect(caller.route).toBeUndefined();
    await lab.clock.advance(2 * second);
    expect(caller.route?.sessionId).toBe(id);
  });

  test('is looked up at once after a gap', async () => {
    const { lab, id, a } = await start();
    await lab.clock.advance(pauseAfterMs + second);
    a.hears = false;
    const caller = a.ask(id);
    await settle();
    a.hears = true;
    lab.bus.announceGap();
    await settle();
    expect(caller.route?.sessionId).toBe(id);
  });
});

describe('S2: no pause while a request is in hand', () => {
  test('at any of them; when the last has ended, the session goes to sleep in its time', async () => {
    const { lab, id, state, a, b } = await start();
    const [first, last] = [a.ask(id), b.ask(id)];
    await lab.clock.advance(2 * pauseAfterMs);
    first.end();
    await lab.clock.advance(2 * pauseAfterMs);
    expect(await state()).toBe('running');
    last.end();
    await lab.clock.advance(pauseAfterMs + recheckMs);
    expect(await state()).toBe('paused');
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'whatever comes and goes, with pushes that are lost (seed %i)',
    async (seed) => {
      const { lab, id, done } = await start(3, seed % 2 === 0 ? 90 * second : 5 * second);
      const random = randomOf(seed);
      const open = new Set<TestCaller>();
      const pause = lab.driver.pause.bind(lab.driver);
      const wrong: string[] = [];
      lab.driver.pause = (sandbox) => {
        if ([...open].some(({ route }) => route)) wrong.push(sandbox);
        return pause(sandbox);
      };
      for (let step = 0; step < 60; step += 1) {
        const one = lab.activators[Math.floor(random() * 3)] as TestActivator;
        const what = random();
        if (what < 0.25) open.add(one.ask(id));
        else if (what < 0.75) endOldest(open);
        else one.hears = !one.hears;
        await lab.clock.advance(Math.floor(random() * 20) * second);
      }
      expect(wrong).toEqual([]);
      expect(done('pause')).toBeGreaterThan(0);
      expect([...open].filter(({ route, refused }) => !route && !refused)).toEqual([]);
    },
  );
});

describe('a session that moved', () => {
  test('is learnt of by push: nobody goes by the old route', async () => {
    const world = await start();
    const { lab } = world;
    for (const one of lab.activators) await world.use(one);
    expect(lab.activators.map(({ routing }) => routing.stats().leases)).toEqual([1, 1, 1]);
    await movedElsewhere(world);
    expect(lab.activators.map(({ routing }) => routing.stats().leases)).toEqual([0, 0, 0]);
  });

  test('of which the push was lost costs a look-up, and the request is answered all the same', async () => {
    const world = await start();
    const { id, a } = world;
    a.ask(id);
    await settle();
    a.hears = false;
    await movedElsewhere(world);
    a.hears = true;
    const caller = a.ask(id);
    expect(caller.route?.generation).toBe(1);
    const before = a.commands.length;
    caller.unreachable();
    await settle();
    expect(caller.route?.generation).toBe(2);
    expect(a.commands.slice(before)).toEqual(['acquire']);
  });

  test('of which the push was lost is learnt of at once after a gap', async () => {
    const world = await start();
    const { lab, a } = world;
    await world.use(a);
    a.hears = false;
    await movedElsewhere(world);
    a.hears = true;
    lab.bus.announceGap();
    await settle();
    expect(a.routing.stats().leases).toBe(0);
  });

  test('of which the push was lost is learnt of at the next renewal', async () => {
    const world = await start();
    const { lab, a } = world;
    await world.use(a);
    a.hears = false;
    await movedElsewhere(world);
    await lab.clock.advance(second);
    expect(a.routing.stats().leases).toBe(0);
  });
});

describe('a store that is away', () => {
  test('warm sessions are forwarded to until the lease ends, and not a moment longer', async () => {
    const { lab, id, a } = await start();
    a.ask(id);
    await settle();
    await lab.clock.advance(second);
    const leasedUntil = lab.clock.now() + 90 * second;
    a.storeIs = 'rejects';
    for (let at = lab.clock.now(); at < leasedUntil - second; at += second) {
      const caller = a.ask(id);
      expect([at, caller.route?.sessionId]).toEqual([at, id]);
      caller.end();
      await lab.clock.advance(second);
    }
    await lab.clock.advance(leasedUntil - lab.clock.now());
    const late = a.ask(id);
    await settle();
    expect([late.route, late.code]).toEqual([undefined, 'STORE_UNAVAILABLE']);
    expect(late.refused?.failure).toMatchObject({ status: 503, retryAfter: 1 });
  });

  test('work in hand outlives its lease, and is leased again as soon as the store is back', async () => {
    const { lab, id, state, a } = await start(3, 5 * second);
    const work = a.ask(id);
    await settle();
    a.storeIs = 'rejects';
    await lab.clock.advance(20 * second);
    expect(work.route).toBeDefined();
    a.storeIs = 'there';
    await lab.clock.advance(second);
    const before = a.commands.length;
    expect(a.ask(id).route?.sessionId).toBe(id);
    expect(a.commands).toHaveLength(before);
    await lab.clock.advance(2 * pauseAfterMs);
    expect(await state()).toBe('running');
  });

  test('work that was put to sleep meanwhile is woken when the store is back', async () => {
    const { lab, id, state, a } = await start(3, 5 * second);
    const work = a.ask(id);
    await settle();
    a.storeIs = 'rejects';
    a.hears = false;
    await lab.clock.advance(2 * pauseAfterMs);
    expect(await state()).toBe('paused');
    a.storeIs = 'there';
    a.hears = true;
    await lab.clock.advance(2 * second);
    expect([await state(), a.wakes.length > 0]).toEqual(['running', true]);
    work.end();
  });

  test('new sessions and look-ups are refused at once, by type; those who waited too', async () => {
    const { lab, id, a, b } = await start();
    await lab.clock.advance(pauseAfterMs + second);
    const held = lab.driver.hold('resume');
    const waits = b.ask(id);
    await settle();
    for (const one of [a, b]) one.storeIs = 'rejects';
    const asks = a.ask(id);
    await lab.clock.advance(2 * second);
    expect([asks.code, waits.code]).toEqual(['STORE_UNAVAILABLE', 'STORE_UNAVAILABLE']);
    expect(waits.refused?.beside).toMatchObject({ sessionId: id });
    held();
  });

  test.each(['rejects', 'never answers'] as const)('a stop takes no longer than it may (%s)', async (how) => {
    const { lab, id, use, a } = await start();
    await use(a);
    const work = a.ask(id);
    await lab.clock.advance(second);
    a.storeIs = how;
    let stopped = false;
    void a.routing.drain(3 * second).then(() => (stopped = true));
    await lab.clock.advance(4 * second);
    expect(stopped).toBe(true);
    work.end();
  });
});

test('an activator that stops gives its leases back: the session sleeps in its time, and others go on', async () => {
  const { lab, id, state, use, a, b } = await start();
  for (const one of [a, b]) await use(one);
  await a.routing.drain(0);
  expect(b.ask(id).route?.sessionId).toBe(id);
  await b.routing.drain(0);
  expect((await lab.store.get(id))?.leasedUntil).toBe(0);
  await lab.clock.advance(pauseAfterMs + recheckMs);
  expect(await state()).toBe('paused');
});

test('a warm session costs no command but one renewal a second, whatever the traffic', async () => {
  const { lab, id, use, a } = await start();
  await use(a);
  a.commands.splice(0);
  for (let i = 0; i < 1_000; i += 1) {
    a.ask(id).end();
    if (i % 100 === 0) await lab.clock.advance(second);
  }
  expect(a.commands).toEqual(Array(10).fill('renew'));
});

function endOldest(open: Set<TestCaller>): void {
  for (const caller of [...open].slice(0, 2)) {
    caller.end();
    open.delete(caller);
  }
}

/** mulberry32: a small seeded generator of numbers in [0, 1). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
