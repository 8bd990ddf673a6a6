// One leader at a time, and terms that only grow: also when the store forgets, or goes back in time.
import { describe, expect, test } from '@jest/globals';
import { manualClock } from '../../test/support/manual-clock.ts';
import { memoryLeaderElection } from './leader-election.ts';

function start() {
  const clock = manualClock(1);
  const election = memoryLeaderElection(clock);
  const bid = (holder: string, beats = 0, seenTerm = 0) =>
    election.bid({ role: 'controller', holder, url: `http://${holder}`, ttlMs: 3_000, seenTerm, beats });
  return { clock, election, bid };
}

const leading = (term: number, beats: number) => ({ kind: 'leading', term, beats });
const followingA = { kind: 'following', term: 1, leader: { holder: 'a', url: 'http://a' } };

describe('the lead', () => {
  test('is taken by the first, kept by its bids, and refused to others', async () => {
    const { clock, bid } = start();
    expect(await bid('a')).toEqual(leading(1, 1));
    await clock.advance(2_000);
    expect(await bid('a', 1, 1)).toEqual(leading(1, 2));
    await clock.advance(2_000);
    expect(await bid('b')).toEqual(followingA);
  });

  test('runs out without bids, and the next has a higher term', async () => {
    const { clock, election, bid } = start();
    await bid('a');
    await clock.advance(3_000);
    expect(election.currentTerm('controller')).toBe(1);
    expect(await bid('b', 0, 1)).toEqual(leading(2, 1));
    expect(await bid('a', 1, 1)).toMatchObject({ kind: 'following', term: 2 });
  });

  test('that ran out is led anew by the same holder too', async () => {
    const { clock, bid } = start();
    await bid('a');
    await clock.advance(3_000);
    expect(await bid('a', 1, 1)).toEqual(leading(2, 1));
  });

  test('is led anew by one who stopped leading before it ran out', async () => {
    const { bid } = start();
    await bid('a');
    expect(await bid('a', 0, 1)).toEqual(leading(2, 1));
  });

  test('that was given up is free at once; giving up what is not held changes nothing', async () => {
    const { election, bid } = start();
    await bid('a');
    await election.resign('controller', 'b', 1);
    await election.resign('controller', 'a', 7);
    expect(await bid('b')).toEqual(followingA);
    await election.resign('controller', 'a', 1);
    expect(await bid('b')).toEqual(leading(2, 1));
  });

  test('of one role is not that of another', async () => {
    const { election, bid } = start();
    await bid('a');
    const other = { role: 'autoscaler', holder: 'b', url: '', ttlMs: 3_000, seenTerm: 0, beats: 0 } as const;
    expect(await election.bid(other)).toEqual(leading(1, 1));
  });
});

describe('a store that', () => {
  test('was emptied is led anew, above every term that was seen', async () => {
    const { election, bid } = start();
    await bid('a', 0, 6);
    election.forget();
    expect(election.currentTerm('controller')).toBeUndefined();
    expect(await bid('a', 1, 7)).toEqual(leading(8, 1));
  });

  test('was emptied has no term twice, though whoever leads next knows of none', async () => {
    const { clock, election, bid } = start();
    expect(await bid('a')).toEqual(leading(1, 1));
    election.forget();
    await clock.advance(1);
    expect(await bid('b')).toEqual(leading(2, 1));
  });

  test('went back in time is led anew: it knows of fewer bids than the leader', async () => {
    const { election, bid } = start();
    await bid('a');
    const goBack = election.snapshot();
    await bid('a', 1, 1);
    goBack();
    expect(await bid('a', 2, 1)).toEqual(leading(2, 1));
  });

  test('lost only an answer keeps its leader', async () => {
    const { bid } = start();
    await bid('a');
    await bid('a', 1, 1);
    expect(await bid('a', 1, 1)).toEqual(leading(1, 3));
  });
});
