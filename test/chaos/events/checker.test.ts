// The checker finds each kind of broken promise when it is planted in a history of events that is in order otherwise.
import { describe, expect, test } from '@jest/globals';
import type { Entry, Handling, Result } from '../history.ts';
import { checkEvents } from './checker.ts';

let posts = 0;

const accepted = (deliveries: number): Result => ({ kind: 'answer', status: 202, deliveries });
const broken: Result = { kind: 'broken', why: 'reset' };

/** Events of a subject that are sent in one request, from when to when. */
function post(
  from: number,
  to: number,
  events: readonly string[],
  result: Result = accepted(events.length),
): Entry[] {
  posts += 1;
  const op = `post${posts}`;
  const label = events[0]?.split('-')[0] ?? '';
  return [
    { t: 'begin', at: from, op, kind: 'post', label, through: 'activator-0', events },
    { t: 'end', at: to, op, result },
  ];
}

const handling = (id: string, more: Partial<Handling> = {}): Handling => ({
  id,
  at: 0,
  boot: 'b1',
  beside: [],
  ...more,
});

/** What the session of a subject wrote down. */
const handled = (subject: string, ids: readonly string[], session = `session-${subject}`): Entry => ({
  t: 'handled',
  at: 900,
  session,
  subject,
  handlings: ids.map((id) => handling(id)),
});

const dead = (...ids: readonly string[]): Entry => ({
  t: 'dead',
  at: 950,
  letters: ids.map((id) => ({ id, code: 422, tries: 1, why: 'refused' })),
});
const empty: Entry = { t: 'waiting', at: 960, deliveries: 0 };
const activatorGone: Entry[] = [
  { t: 'life', at: 90, program: 'activator-0', what: 'gone' },
  { t: 'life', at: 120, program: 'activator-0', what: 'ready' },
];

const rulesOf = (...entries: readonly (Entry | readonly Entry[])[]): string[] =>
  checkEvents(entries.flat()).map(({ rule }) => rule);

describe('in order', () => {
  test('every event handled once, one after the other', () => {
    const sent = [post(0, 10, ['s0-0']), post(20, 30, ['s0-1', 's0-2'])];
    expect(rulesOf(...sent, handled('s0', ['s0-0', 's0-1', 's0-2']), dead(), empty)).toEqual([]);
  });

  test('a repeat, at once or after later ones', () => {
    const sent = [post(0, 10, ['s0-0']), post(20, 30, ['s0-1'])];
    expect(rulesOf(...sent, handled('s0', ['s0-0', 's0-0', 's0-1', 's0-0']), dead(), empty)).toEqual([]);
  });

  test('a dead letter in place of a handling, and one that was handled as well', () => {
    const sent = [post(0, 10, ['s0-0']), post(20, 30, ['s0-1'])];
    expect(rulesOf(...sent, handled('s0', ['s0-1']), dead('s0-0', 's0-1'), empty)).toEqual([]);
  });

  test('events that were under way together, in either order', () => {
    const sent = [post(0, 30, ['s0-0']), post(10, 20, ['s0-1'])];
    expect(rulesOf(...sent, handled('s0', ['s0-1', 's0-0']), dead(), empty)).toEqual([]);
  });

  test('one whose post broke with its program, was sent again, and was handled as it came first', () => {
    const first = post(80, 90, ['s0-0'], broken);
    const sent = [first, activatorGone, post(200, 210, ['s0-0']), post(220, 230, ['s0-1'])];
    expect(rulesOf(...sent, handled('s0', ['s0-0', 's0-0', 's0-1']), dead(), empty)).toEqual([]);
  });
});

describe('nothing is lost', () => {
  test('an acknowledged event that was neither handled nor buried', () => {
    const sent = [post(0, 10, ['s0-0']), post(20, 30, ['s0-1'])];
    expect(rulesOf(...sent, handled('s0', ['s0-1']), dead(), empty)).toEqual(['nothing lost']);
  });

  test('one event of a batch', () => {
    const sent = post(0, 10, ['s0-0', 's0-1', 's0-2']);
    expect(rulesOf(sent, handled('s0', ['s0-0', 's0-2']), dead(), empty)).toEqual(['nothing lost']);
  });

  test('an answer of 202 that says that no trigger took it', () => {
    const sent = post(0, 10, ['s0-0'], accepted(0));
    expect(rulesOf(sent, handled('s0', ['s0-0']), dead(), empty)).toEqual(['nothing lost']);
  });

  test('an event that was never acknowledged is not lost, but the run is not over', () => {
    const sent = [post(80, 90, ['s0-0'], broken), activatorGone];
    expect(rulesOf(...sent, dead(), empty)).toEqual(['settled']);
  });
});

describe('order is kept', () => {
  test('a later event before an earlier one', () => {
    const sent = [post(0, 10, ['s0-0']), post(20, 30, ['s0-1'])];
    expect(rulesOf(...sent, handled('s0', ['s0-1', 's0-0']), dead(), empty)).toEqual(['order kept']);
  });

  test('a later repeat does not mend it', () => {
    const sent = [post(0, 10, ['s0-0']), post(20, 30, ['s0-1'])];
    expect(rulesOf(...sent, handled('s0', ['s0-1', 's0-0', 's0-1']), dead(), empty)).toEqual(['order kept']);
  });

  test('within a batch, and over several attempts to send it', () => {
    const sent = [post(80, 90, ['s0-0', 's0-1'], broken), activatorGone, post(200, 210, ['s0-0', 's0-1'])];
    expect(rulesOf(...sent, handled('s0', ['s0-1', 's0-0']), dead(), empty)).toEqual(['order kept']);
  });

  test('an event that was sent after the answer to one that had to be sent twice', () => {
    const first = [post(80, 90, ['s0-0'], broken), activatorGone, post(200, 210, ['s0-0'])];
    const sent = [...first, post(220, 230, ['s0-1'])];
    expect(rulesOf(...sent, handled('s0', ['s0-1', 's0-0']), dead(), empty)).toEqual(['order kept']);
  });

  test('subjects have no order among each other', () => {
    const sent = [post(0, 10, ['s0-0']), post(20, 30, ['s1-0'])];
    expect(rulesOf(...sent, handled('s1', ['s1-0']), handled('s0', ['s0-0']), dead(), empty)).toEqual([]);
  });
});

describe('each subject has its session', () => {
  test('an event in the session of another subject', () => {
    const sent = [post(0, 10, ['s0-0']), post(20, 30, ['s1-0'])];
    const strange = handled('s1', ['s1-0', 's0-0']);
    expect(rulesOf(...sent, strange, handled('s0', ['s0-0']), dead(), empty)).toEqual(['own session']);
  });

  test('one session for two subjects', () => {
    const sent = [post(0, 10, ['s0-0']), post(20, 30, ['s1-0'])];
    const both = [handled('s0', ['s0-0'], 'session-a'), handled('s1', ['s1-0'], 'session-a')];
    expect(rulesOf(...sent, ...both, dead(), empty)).toEqual(['own session']);
  });

  test('two sessions for one subject', () => {
    const sent = [post(0, 10, ['s0-0']), post(20, 30, ['s0-1'])];
    const both = [handled('s0', ['s0-0'], 'session-a'), handled('s0', ['s0-1'], 'session-b')];
    expect(rulesOf(...sent, ...both, dead(), empty)).toEqual(['own session']);
  });

  test('an event that nobody sent', () => {
    expect(rulesOf(handled('s0', ['s0-9']), dead(), empty)).toEqual(['own session']);
  });

  test('two events of one subject at once', () => {
    const sent = [post(0, 10, ['s0-0']), post(20, 30, ['s0-1'])];
    const handlings = [handling('s0-0'), handling('s0-1', { beside: ['s0-0'] })];
    const both: Entry = { t: 'handled', at: 900, session: 'a', subject: 's0', handlings };
    expect(rulesOf(...sent, both, dead(), empty)).toEqual(['one at a time']);
  });
});

describe('everything is settled', () => {
  const fine = [post(0, 10, ['s0-0']), handled('s0', ['s0-0'])];

  test('deliveries that still wait', () => {
    expect(rulesOf(...fine, dead(), { t: 'waiting', at: 960, deliveries: 2 })).toEqual(['settled']);
  });

  test('nobody looked', () => {
    expect(rulesOf(...fine)).toEqual(['settled', 'settled']);
  });

  test('a dead letter of nobody', () => {
    expect(rulesOf(...fine, dead('s9-9'), empty)).toEqual(['settled']);
  });
});

describe('every post is answered', () => {
  test('a connection that broke although its program lived', () => {
    const sent = [post(0, 10, ['s0-0'], broken), post(20, 30, ['s0-0'])];
    expect(rulesOf(...sent, handled('s0', ['s0-0']), dead(), empty)).toEqual(['answered once']);
  });

  test('a refusal for good', () => {
    const refused: Result = {
      kind: 'refusal',
      status: 400,
      code: 'INVALID_EVENT',
      retryable: false,
      text: '',
    };
    const sent = [post(0, 10, ['s0-0'], refused), post(20, 30, ['s0-0'])];
    expect(rulesOf(...sent, handled('s0', ['s0-0']), dead(), empty)).toEqual(['no session lost']);
  });
});
