// Keys of sessions: what a template makes of attributes, and that no two sets of attributes meet in one key.
import { expect, test } from '@jest/globals';
import { sessionKeyOf } from './session-key.ts';

const runtime = { kind: 'AgentRuntime', namespace: 'default', name: 'triage' } as const;
const keyOf = (key: string, attributes: Parameters<typeof sessionKeyOf>[1]) =>
  sessionKeyOf({ session: { key, whenEnded: 'new' }, target: { runtime, path: '/' } }, attributes);

test.each([
  ['{subject}', { subject: 'issue/1 %' }, 'issue/1 %'],
  ['{count}', { count: 5 }, '5'],
  ['{flag}', { flag: false }, 'false'],
  ['team-{team}!', { team: 'a-team!' }, 'team-a-team!!'],
  ['{source}/{subject}', { source: '/a', subject: 'b c' }, '%2fa/b c'],
])('%s of %j', (template, attributes, key) => {
  expect(keyOf(template, attributes)).toBe(`AgentRuntime/default/triage/${key}`);
});

test('other attributes make another key', () => {
  const values = ['a', 'b', 'a/b', '/', '%2f', '%252f', ''];
  const pairs = values.flatMap((source) => values.map((subject) => ({ source, subject })));
  expect(new Set(pairs.map((pair) => keyOf('{source}/{subject}', pair))).size).toBe(pairs.length);
});

test('an event has a session of its own where the trigger says so, or lacks what the template names', () => {
  expect(keyOf('new', { subject: 'a' })).toBeUndefined();
  expect(keyOf('{subject}', { id: '1' })).toBeUndefined();
  expect(keyOf('{source}/{subject}', { source: 'a' })).toBeUndefined();
  expect(keyOf('{constructor}', {})).toBeUndefined();
});
