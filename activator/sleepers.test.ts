// What is remembered of sessions that sleep where they can be woken directly.
import { describe, expect, test } from '@jest/globals';
import type { Session, StateKind } from '../model/session.ts';
import { stateKinds } from '../model/session.ts';
import { sandboxOf, sessionIn, stateOf } from '../test/support/sessions.ts';
import { Sleepers } from './sleepers.ts';

const place = { agent: 'http://10.0.0.7:8090', pod: '7d0f' };
const asleep = (id: string, version = 1): Session =>
  sessionIn({ kind: 'paused', sandbox: { ...sandboxOf(id), place }, claimed: false }, { id, version });

describe('a session that sleeps on a node', () => {
  test('is known by what was heard last', () => {
    const sleepers = new Sleepers();
    sleepers.changed(asleep('s', 3));
    sleepers.changed(asleep('s', 5));
    sleepers.changed(asleep('s', 4));
    expect(sleepers.find('s')?.version).toBe(5);
  });

  test.each(stateKinds.filter((kind) => kind !== 'paused'))('is none when it is %s', (kind: StateKind) => {
    const sleepers = new Sleepers();
    sleepers.changed(asleep('s'));
    sleepers.changed(sessionIn(stateOf(kind), { id: 's', version: 2 }));
    expect(sleepers.find('s')).toBeUndefined();
  });

  test('is not known when nobody can wake it directly', () => {
    const sleepers = new Sleepers();
    sleepers.changed(sessionIn('paused', { id: 's' }));
    expect(sleepers.find('s')).toBeUndefined();
  });

  test('is forgotten when it is not so, when news may have been missed, and when there are too many', () => {
    const sleepers = new Sleepers(2);
    for (const id of ['a', 'b', 'c']) sleepers.changed(asleep(id));
    const known = () => ['a', 'b', 'c'].filter((id) => sleepers.find(id));
    expect(known()).toEqual(['b', 'c']);
    sleepers.forget('b');
    expect(known()).toEqual(['c']);
    sleepers.clear();
    expect(known()).toEqual([]);
  });
});
