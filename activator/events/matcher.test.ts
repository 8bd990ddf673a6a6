// Which triggers take an event, and that what is published counts at once.
import { expect, test } from '@jest/globals';
import { memoryTriggers } from '../../adapters/memory/triggers.ts';
import { triggerOf } from '../../test/support/ingress-lab.ts';
import { Matcher } from './matcher.ts';

const attributes = { specversion: '1.0', id: '1', source: '/a', type: 'com.example.push', subject: 'main' };

async function matcherOf(...given: ReturnType<typeof triggerOf>[]) {
  const triggers = memoryTriggers();
  await triggers.publish(given);
  const bad: string[] = [];
  const matcher = new Matcher(triggers, ({ key }) => bad.push(key.name));
  const names = (broker = 'default', namespace = 'default') =>
    matcher.match(namespace, broker, attributes).map(({ key }) => key.name);
  return { triggers, bad, names };
}

test('a trigger takes what all of its filters pass, of its own broker and namespace', async () => {
  const { names } = await matcherOf(
    triggerOf('everything'),
    triggerOf('exact', { attributes: { type: 'com.example.push' } }),
    triggerOf('other', { attributes: { type: 'com.example.pull' } }),
    triggerOf('sql', { filters: [{ cesql: "subject = 'main'" }, { prefix: { type: 'com.' } }] }),
    triggerOf('sql-other', { filters: [{ cesql: "subject = 'main'" }, { prefix: { type: 'org.' } }] }),
    triggerOf('elsewhere', { broker: 'other' }),
    triggerOf('foreign', { key: { namespace: 'team-a', name: 'foreign' } }),
  );
  expect(names()).toEqual(['everything', 'exact', 'sql']);
  expect(names('other')).toEqual(['elsewhere']);
  expect(names('default', 'team-a')).toEqual(['foreign']);
  expect(names('nobody')).toEqual([]);
});

test('what is published counts at once: new filters, new triggers, and triggers that are gone', async () => {
  const { triggers, names } = await matcherOf(triggerOf('a'), triggerOf('b'));
  expect(names()).toEqual(['a', 'b']);
  const changed = triggerOf('b', { revision: '2', attributes: { type: 'another' } });
  await triggers.publish([changed, triggerOf('c')]);
  expect(names()).toEqual(['c']);
  await triggers.publish([triggerOf('b', { revision: '3' })]);
  expect(names()).toEqual(['b']);
});

test('a trigger whose filters do not compile takes nothing, is told of once, and hinders no other', async () => {
  const { bad, names } = await matcherOf(
    triggerOf('broken', { filters: [{ cesql: 'subject =' }] }),
    triggerOf('a'),
  );
  expect([names(), names()]).toEqual([['a'], ['a']]);
  expect(bad).toEqual(['broken']);
});
