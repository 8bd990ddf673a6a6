import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { manualClock, settle, type ManualClock } from '../test/support/manual-clock.ts';
import { Elector, type ElectorDeps } from './elector.ts';
import { PlatformError } from './errors.ts';
import type { Bid, LeaderElection, Standing } from './leader-election.ts';

/** A store with one lead, told by the test when it is away, and what each bid carried. */
class Registrar implements LeaderElection {
  readonly bids: Bid[] = [];
  away = false;
  /** Answers take as long as the test wants. */
  slow: Promise<unknown> = Promise.resolve();
  #term = 0;
  #lead: { holder: string; url: string; until: number; beats: number } | undefined;
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  /** Another took the lead, or the store lost what it knew. */
  pass(): void {
    this.#lead = undefined;
    this.#term += 1;
  }

  async bid(bid: Bid): Promise<Standing> {
    this.bids.push(bid);
    if (this.away) throw new PlatformError('STORE_UNAVAILABLE', 'away');
    const standing = this.#standing(bid);
    await this.slow;
    return standing;
  }

  async resign(_role: string, holder: string): Promise<void> {
    if (this.#lead?.holder === holder) this.#lead = undefined;
  }

  #standing({ holder, url, ttlMs, seenTerm, beats }: Bid): Standing {
    const now = this.#clock.monotonic();
    const lead = this.#lead && this.#lead.until > now ? this.#lead : undefined;
    if (lead && lead.holder !== holder) return { kind: 'following', term: this.#term, leader: lead };
    const keeps = lead !== undefined && beats > 0;
    if (!keeps) this.#term = Math.max(this.#term, seenTerm) + 1;
    const taken = keeps ? lead.beats + 1 : 1;
    this.#lead = { holder, url, until: now + ttlMs, beats: taken };
    return { kind: 'leading', term: this.#term, beats: taken };
  }
}

let clock: ManualClock;
let registrar: Registrar;
const electors: Elector[] = [];
/** `name begins term` and `name ends term`, in order. */
let events: string[];

beforeEach(() => {
  clock = manualClock();
  registrar = new Registrar(clock);
  events = [];
});
afterEach(async () => {
  for (const elector of electors.splice(0)) await elector.close();
});

function elector(name: string, change: Partial<ElectorDeps> = {}): Elector {
  const one = new Elector({
    ...{ election: registrar, clock, role: 'controller', holder: name, url: `http://${name}` },
    ...{ ttlMs: 3_000, everyMs: 500, log: () => undefined },
    lead: async (term) => {
      events.push(`${name} begins ${term}`);
      return { end: async () => void events.push(`${name} ends ${term}`) };
    },
    ...change,
  });
  electors.push(one);
  one.start();
  return one;
}

test('one leads, the other knows where, and its bids count', async () => {
  const a = elector('a');
  await clock.advance(1);
  const b = elector('b');
  await clock.advance(10_000);
  expect(events).toEqual(['a begins 1']);
  expect([a.term, a.leaderUrl, b.term, b.leaderUrl]).toEqual([1, undefined, undefined, 'http://a']);
  const own = registrar.bids.filter((bid) => bid.holder === 'a').map((bid) => bid.beats);
  expect(own.slice(0, 4)).toEqual([0, 1, 2, 3]);
});

test('one that closes ends in order, and another leads at its next bid, in a later term', async () => {
  const a = elector('a');
  await clock.advance(1);
  elector('b');
  await clock.advance(1);
  await a.close();
  await clock.advance(500);
  expect(events).toEqual(['a begins 1', 'a ends 1', 'b begins 2']);
});

describe('a leader stops', () => {
  test('by its own clock before the store gives its term to another', async () => {
    const a = elector('a');
    await clock.advance(1);
    registrar.away = true;
    await clock.advance(2_400);
    expect(a.term).toBe(1);
    await clock.advance(600);
    expect([a.term, events]).toEqual([undefined, ['a begins 1', 'a ends 1']]);
  });

  test('when the store says that another leads', async () => {
    elector('a');
    await clock.advance(1);
    registrar.pass();
    elector('b');
    await clock.advance(600);
    expect(events.filter((event) => event.startsWith('a '))).toEqual(['a begins 1', 'a ends 1']);
  });

  test('and leads anew when the store has forgotten its term', async () => {
    elector('a');
    await clock.advance(1);
    registrar.pass();
    await clock.advance(1_100);
    expect(events.slice(0, 3)).toEqual(['a begins 1', 'a ends 1', expect.stringMatching(/^a begins [3-9]$/)]);
  });

  test('and bids with the highest term that it has seen, so that terms only grow', async () => {
    elector('a');
    await clock.advance(1);
    await clock.advance(500);
    expect(registrar.bids.map((bid) => bid.seenTerm)).toEqual([0, 1]);
  });
});

describe('an end takes time', () => {
  test('nobody leads twice at once: the next lead begins when the last has ended', async () => {
    const held = Promise.withResolvers<undefined>();
    let terms = 0;
    const a = elector('a', {
      lead: async () => {
        terms += 1;
        return { end: () => held.promise };
      },
    });
    await clock.advance(1);
    registrar.pass();
    await clock.advance(5_000);
    expect([a.term, terms]).toEqual([undefined, 1]);
    held.resolve(undefined);
    await clock.advance(4_000);
    expect(terms).toBe(2);
  });

  test('also a lead that was lost while it began is ended first', async () => {
    const begun = Promise.withResolvers<undefined>();
    elector('a', {
      lead: async (term) => {
        events.push(`begins ${term}`);
        if (term === 1) await begun.promise;
        return { end: async () => void events.push(`ends ${term}`) };
      },
    });
    await clock.advance(1);
    registrar.away = true;
    await clock.advance(4_000);
    registrar.away = false;
    await clock.advance(4_000);
    expect(events).toEqual(['begins 1']);
    begun.resolve(undefined);
    await clock.advance(4_000);
    expect(events.slice(0, 2)).toEqual(['begins 1', 'ends 1']);
    expect(events[2]).toMatch(/^begins [2-9]$/);
  });
});

test('one that cannot begin lets another try', async () => {
  elector('a', { lead: () => Promise.reject(new Error('no room')) });
  await clock.advance(1);
  elector('b');
  await clock.advance(2_000);
  expect(events).toEqual(['b begins 2']);
});

test('an answer that comes after its time makes nobody a leader', async () => {
  const late = Promise.withResolvers<undefined>();
  registrar.slow = late.promise;
  const a = elector('a');
  await clock.advance(4_000);
  late.resolve(undefined);
  registrar.slow = Promise.resolve();
  await settle();
  expect([a.term, events]).toEqual([undefined, []]);
});
