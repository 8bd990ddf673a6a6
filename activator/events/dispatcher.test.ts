// How events come from the queue to their targets, whatever targets, triggers and the store do meanwhile.
import { afterEach, describe, expect, test } from '@jest/globals';
import { memoryEventStore } from '../../adapters/memory/event-store.ts';
import { PlatformError } from '../../model/errors.ts';
import { answerOf, DispatchLab, triggerOf } from '../../test/support/dispatch-lab.ts';
import { settle } from '../../test/support/manual-clock.ts';

let labs: DispatchLab[] = [];
afterEach(async () => {
  const stopping = labs.map((lab) => lab.dispatcher.stop(0));
  labs = [];
  await Promise.all(stopping);
});

type Given = ConstructorParameters<typeof DispatchLab>;

function started(...given: Given): DispatchLab {
  const lab = new DispatchLab(...given);
  labs.push(lab);
  lab.dispatcher.start();
  return lab;
}

const away = (): Promise<never> => Promise.reject(new PlatformError('STORE_UNAVAILABLE', 'away'));

describe('an event', () => {
  test('is handed to its target as soon as it is appended, and gone once that took it', async () => {
    const lab = started();
    await lab.deploy(triggerOf('a'));
    await lab.append('a', ['1']);
    expect(lab.ids).toEqual(['1']);
    await lab.attempts[0]?.answer(200);
    expect([await lab.waiting(), await lab.dead(), lab.dispatcher.inHand]).toEqual([0, [], 0]);
  });

  test('that was appended before its dispatcher started is found', async () => {
    const lab = new DispatchLab();
    labs.push(lab);
    await lab.deploy(triggerOf('a'));
    await lab.append('a', ['1']);
    lab.dispatcher.start();
    await settle();
    expect(lab.ids).toEqual(['1']);
  });

  test('is found by looking now and then when the message of it was lost', async () => {
    const store = memoryEventStore();
    const lab = started({}, { store: { ...store, onAppended: () => () => {} } });
    await lab.deploy(triggerOf('a'));
    await settle();
    await lab.append('a', ['1']);
    expect(lab.ids).toEqual([]);
    await lab.clock.advance(1_000);
    expect(lab.ids).toEqual(['1']);
  });

  test('waits until its trigger is known, and is tried then', async () => {
    const lab = started();
    await lab.append('a', ['1']);
    await lab.clock.advance(5_000);
    expect(lab.ids).toEqual([]);
    await lab.deploy(triggerOf('a'));
    expect(lab.ids).toEqual(['1']);
  });

  test('whose target failed is tried again later, each time later', async () => {
    const lab = started();
    await lab.deploy(triggerOf('a'));
    lab.scripts.set('a', () => answerOf(503));
    await lab.append('a', ['1']);
    const at = async (ms: number) => {
      await lab.clock.advance(ms);
      return lab.attempts.length;
    };
    expect(await at(0)).toBe(1);
    expect(await at(900)).toBe(1);
    expect(await at(1_100)).toBe(2);
    expect(await at(900)).toBe(2);
    expect(await at(2_100)).toBe(3);
    expect(lab.attempts.map(({ tries }) => tries)).toEqual([0, 1, 2]);
  });

  test('that no try delivered is a dead letter with the last answer', async () => {
    const lab = started();
    await lab.deploy(triggerOf('a'));
    lab.scripts.set('a', ({ tries }) => answerOf(500 + tries));
    await lab.append('a', ['1']);
    await lab.clock.advance(10_000);
    expect([lab.attempts.length, await lab.dead(), await lab.waiting()]).toEqual([3, ['1: 502'], 0]);
  });

  test('that its target refuses for good is a dead letter at once', async () => {
    const lab = started();
    await lab.deploy(triggerOf('a'));
    lab.scripts.set('a', () => answerOf(400));
    await lab.append('a', ['1']);
    expect(await lab.dead()).toEqual(['1: 400']);
  });

  test('for which there was no room is tried again, and that counts for nothing', async () => {
    const lab = started();
    await lab.deploy(triggerOf('a'));
    lab.scripts.set('a', () => ({ kind: 'untried', reason: 'no room' }));
    await lab.append('a', ['1']);
    await lab.clock.advance(60_000);
    expect(lab.attempts.length).toBeGreaterThan(20);
    expect(new Set(lab.attempts.map(({ tries }) => tries))).toEqual(new Set([0]));
    expect(await lab.dead()).toEqual([]);
  });

  test('is neither lost nor tried without pause when something of ours fails', async () => {
    const lab = started({}, { deliver: () => Promise.reject(new Error('a fault')) });
    await lab.deploy(triggerOf('a'));
    await lab.append('a', ['1']);
    await lab.clock.advance(5_000);
    expect(lab.logged).toEqual(['a delivery failed unexpectedly']);
    expect(await lab.waiting()).toBe(1);
  });
});

describe('events of one session', () => {
  test('come one after another, in their order', async () => {
    const lab = started();
    await lab.deploy(triggerOf('a'));
    await lab.append('a', ['1', '2', '3'], 'session');
    expect(lab.ids).toEqual(['1']);
    await lab.attempts[0]?.answer(200);
    expect(lab.ids).toEqual(['1', '2']);
    await lab.attempts[1]?.answer(204);
    expect(lab.ids).toEqual(['1', '2', '3']);
  });

  test('wait while the first of them is tried again', async () => {
    const lab = started();
    await lab.deploy(triggerOf('a'));
    lab.scripts.set('a', ({ id, tries }) => answerOf(id === '1' && tries === 0 ? 500 : 200));
    await lab.append('a', ['1', '2'], 'session');
    await lab.clock.advance(500);
    expect(lab.ids).toEqual(['1']);
    await lab.clock.advance(2_000);
    expect(lab.ids).toEqual(['1', '1', '2']);
  });

  test('go on when the first of them was given up', async () => {
    const lab = started();
    await lab.deploy(triggerOf('a'));
    lab.scripts.set('a', ({ id }) => answerOf(id === '1' ? 400 : 200));
    await lab.append('a', ['1', '2'], 'session');
    expect(lab.ids).toEqual(['1', '2']);
  });

  test('hold up no other session', async () => {
    const lab = started();
    await lab.deploy(triggerOf('a'));
    await lab.append('a', ['1', '2'], 'one');
    await lab.append('a', ['3', '4'], 'two');
    expect(lab.ids).toEqual(['1', '3']);
  });
});

describe('how many are in hand', () => {
  const many = (count: number) => Array.from({ length: count }, (_, n) => String(n));

  test('of one trigger no more than it says, and the next as soon as one is done', async () => {
    const lab = started();
    await lab.deploy(triggerOf('a', { concurrency: 3 }));
    await lab.append('a', many(10));
    expect(lab.attempts).toHaveLength(3);
    await lab.attempts[1]?.answer(200);
    expect(lab.attempts).toHaveLength(4);
    expect(lab.dispatcher.inHand).toBe(3);
  });

  test('of all triggers no more than there is room for, beside the places that each has', async () => {
    const lab = started({ room: { most: 8, each: 2 } });
    await lab.deploy(triggerOf('a', { concurrency: 50 }));
    await lab.append('a', many(30));
    expect(lab.attempts).toHaveLength(8);
  });

  test('a target that is slow holds up no other', async () => {
    const lab = started({ room: { most: 8, each: 2 } });
    lab.scripts.set('quick', () => answerOf(200));
    await lab.deploy(triggerOf('slow', { concurrency: 50 }), triggerOf('quick'));
    await lab.append('slow', many(30));
    await lab.append('quick', many(40));
    expect(lab.attempts.filter(({ trigger }) => trigger === 'quick')).toHaveLength(40);
  });

  test('a trigger that is dead holds up no other', async () => {
    const lab = started();
    lab.scripts.set('dead', () => answerOf(503));
    lab.scripts.set('well', () => answerOf(200));
    await lab.deploy(triggerOf('dead'), triggerOf('well'));
    await lab.append('dead', many(20));
    await lab.append('well', many(20));
    expect(lab.attempts.filter(({ trigger }) => trigger === 'well')).toHaveLength(20);
    expect(await lab.waiting()).toBe(20);
  });
});

describe('what is in hand', () => {
  test('stays so however long its target takes', async () => {
    const store = memoryEventStore();
    const lab = started({}, { store });
    await lab.deploy(triggerOf('a', { retry: 0 }));
    await lab.append('a', ['1']);
    await lab.clock.advance(300_000);
    const now = lab.clock.now();
    const wants = new Map([['default/a', 1]]);
    expect(await store.take({ holder: 'another', now, until: now + 1, wants })).toEqual([]);
    expect(lab.attempts).toHaveLength(1);
    await lab.attempts[0]?.answer(200);
    expect(await lab.waiting()).toBe(0);
  });

  test('is abandoned when somebody else has it, and what comes of it then changes nothing', async () => {
    const store = memoryEventStore();
    const lab = started({}, { store: { ...store, renew: async (tickets) => tickets } });
    await lab.deploy(triggerOf('a'));
    await lab.append('a', ['1']);
    await lab.clock.advance(10_000);
    expect(lab.attempts[0]?.signal.aborted).toBe(true);
    await lab.attempts[0]?.answer(400);
    expect([await lab.dead(), await lab.waiting()]).toEqual([[], 1]);
  });

  test('is abandoned when the store was away for so long that somebody else may have it', async () => {
    const lab = started({}, { store: { ...memoryEventStore(), renew: away } });
    await lab.deploy(triggerOf('a'));
    await lab.append('a', ['1']);
    await lab.clock.advance(20_000);
    expect(lab.attempts[0]?.signal.aborted).toBe(false);
    await lab.clock.advance(10_000);
    expect(lab.attempts[0]?.signal.aborted).toBe(true);
  });

  test('is settled once the store hears of it', async () => {
    const store = memoryEventStore();
    let answers = false;
    const settling = (...given: Parameters<typeof store.settle>) =>
      answers ? store.settle(...given) : away();
    const lab = started({}, { store: { ...store, settle: settling } });
    await lab.deploy(triggerOf('a'));
    await lab.append('a', ['1']);
    await lab.attempts[0]?.answer(200);
    await lab.clock.advance(3_000);
    expect(await lab.waiting()).toBe(1);
    answers = true;
    await lab.clock.advance(6_000);
    expect([await lab.waiting(), lab.attempts.length]).toEqual([0, 1]);
  });

  test('is not taken for lost while the store is told what it came to', async () => {
    const store = memoryEventStore();
    const told = Promise.withResolvers<void>();
    const settling = async (...given: Parameters<typeof store.settle>) => {
      const settled = await store.settle(...given);
      await told.promise;
      return settled;
    };
    const lab = started({}, { store: { ...store, settle: settling } });
    await lab.deploy(triggerOf('a'));
    await lab.append('a', ['1']);
    await lab.attempts[0]?.answer(200);
    await lab.clock.advance(40_000);
    told.resolve();
    await settle();
    expect([lab.logged, await lab.waiting(), lab.dispatcher.inHand]).toEqual([[], 0, 0]);
  });

  test('goes back, not counted as tried, when a stop cannot wait for it', async () => {
    const lab = started();
    await lab.deploy(triggerOf('a'));
    await lab.append('a', ['1', '2'], 'session');
    const stopping = lab.dispatcher.stop(5_000);
    await lab.clock.advance(6_000);
    await stopping;
    expect(lab.attempts[0]?.signal.aborted).toBe(true);
    const now = lab.clock.now();
    const wants = new Map([['default/a', 5]]);
    const [first, ...others] = await lab.store.take({ holder: 'next', now, until: now + 1, wants });
    expect([first?.id, first?.tries, others]).toEqual(['1', 0, []]);
  });

  test('is waited for when a stop can, and nothing more is taken', async () => {
    const lab = started();
    await lab.deploy(triggerOf('a'));
    await lab.append('a', ['1', '2'], 'session');
    const stopping = lab.dispatcher.stop(5_000);
    await lab.attempts[0]?.answer(200);
    await lab.clock.advance(100);
    await stopping;
    expect([lab.ids, await lab.waiting()]).toEqual([['1'], 1]);
  });
});

describe('a store that is away', () => {
  test('is asked again until it answers, and that is logged once', async () => {
    const store = memoryEventStore();
    let answers = false;
    const take = (...given: Parameters<typeof store.take>) => (answers ? store.take(...given) : away());
    const lab = started({}, { store: { ...store, take } });
    await lab.deploy(triggerOf('a'));
    await lab.append('a', ['1']);
    await lab.clock.advance(10_000);
    expect([lab.ids, lab.logged]).toEqual([[], ['no event can be taken from the queue']]);
    answers = true;
    await lab.clock.advance(1_000);
    expect(lab.ids).toEqual(['1']);
  });
});

test('two dispatchers share what there is, and each event is tried by one', async () => {
  const store = memoryEventStore();
  const [one, two] = [started({}, { store }), started({}, { store, ids: { uuid: () => 'the other' } })];
  for (const lab of [one, two]) {
    lab.scripts.set('a', () => answerOf(200));
    await lab.deploy(triggerOf('a', { concurrency: 2 }));
  }
  const ids = Array.from({ length: 50 }, (_, n) => String(n));
  await one.append('a', ids);
  expect([...one.ids, ...two.ids].sort()).toEqual([...ids].sort());
});
