import { describe, expect, test } from '@jest/globals';
import { deployedOf, helloTarget, validTrigger } from '../../test/support/triggers.ts';
import {
  triggerConditions,
  triggerWarnings,
  withTriggerStatus,
  type TriggerVerdict,
} from './trigger-status.ts';

const verdictOf = (spec: object, hasTarget = true): TriggerVerdict => ({
  accepted: true,
  deployed: deployedOf(spec),
  hasTarget,
});
const filter = { attributes: { type: 'a' } };

/** Each condition as `type status reason`. */
const told = (verdict: TriggerVerdict): string[] =>
  triggerConditions(verdict, 1, [], 0).map(({ type, status, reason }) => `${type} ${status} ${reason}`);

describe('the conditions of a trigger', () => {
  test('one with a target and a filter is ready', () => {
    expect(told(verdictOf({ filter }))).toEqual([
      'Accepted True Valid',
      'LoopFree True Filtered',
      'Ready True TargetDeployed',
    ]);
    expect(triggerWarnings(verdictOf({ filter }))).toEqual([]);
  });

  test('one whose target is not deployed says where that is written', () => {
    const verdict = verdictOf({ filter }, false);
    expect(told(verdict)).toContain('Ready False NoSuchTarget');
    expect(triggerWarnings(verdict)).toEqual(['spec.target: AgentRuntime/default/hello is not deployed']);
  });

  test('one that is not valid any more takes nothing', () => {
    expect(told({ accepted: false, message: 'spec.x: unknown' })).toEqual([
      'Accepted False Invalid',
      'LoopFree Unknown NotAccepted',
      'Ready False NotAccepted',
    ]);
  });

  test.each([
    [{}, 'TakesOwnReplies'],
    [
      { filter, delivery: { deadLetterSink: { ref: { kind: 'Broker', name: 'default' } } } },
      'DeadLettersComeBack',
    ],
    [{ filter, delivery: { deadLetterSink: { ref: helloTarget } } }, 'DeadLettersComeBack'],
  ])('%j may come round', (spec, reason) => {
    expect(told(verdictOf(spec))).toContain(`LoopFree False ${reason}`);
  });

  test.each([
    { filter, delivery: { deadLetterSink: { ref: { kind: 'Broker', name: 'dead' } } } },
    { filter, delivery: { deadLetterSink: { ref: helloTarget, uri: '/dead' } } },
    {
      filters: [{ cesql: 'NOT EXISTS knativeerrordest' }],
      delivery: { deadLetterSink: { ref: { kind: 'Broker', name: 'default' } } },
    },
    { schedule: { cron: '0 3 * * *', event: { type: 'tick' } } },
  ])('%j does not', (spec) => {
    expect(told(verdictOf(spec))).toContain('LoopFree True Filtered');
  });

  describe('its own ticks', () => {
    const schedule = { cron: '0 3 * * *', event: { type: 'nightly', source: '/nights' }, data: {} };

    test('are not taken by filters for something else: told to who writes it and in the status', () => {
      const verdict = verdictOf({ schedule, broker: 'nights', filters: [{ prefix: { type: 'com.' } }] });
      expect(told(verdict)).toContain('TakesTicks False TicksNotTaken');
      expect(triggerWarnings(verdict)).toEqual([
        'spec.filters: does not take the events of its own schedule; only another trigger of broker nights may',
      ]);
      const attributes = verdictOf({ schedule, filter: { attributes: { type: 'other' } } });
      expect(triggerWarnings(attributes)[0]).toMatch(/^spec\.filter: /);
    });

    test.each([
      {},
      { filters: [{ cesql: "type = 'nightly' AND datacontenttype LIKE '%/json'" }] },
      { filter: { attributes: { source: '/nights' } } },
      // What differs from tick to tick may be taken some time.
      { filters: [{ suffix: { time: 'T03:00:00.000Z' } }] },
    ])('are taken, or may be: %j', (spec) => {
      const verdict = verdictOf({ schedule, ...spec });
      expect(told(verdict)).toContain('TakesTicks True Taken');
      expect(triggerWarnings(verdict)).toEqual([]);
    });

    test('are nothing to tell of without a schedule, or where nothing is accepted', () => {
      const refused: TriggerVerdict = { accepted: false, message: 'spec.x: unknown' };
      const conditions = [verdictOf({ filter }), refused].flatMap((verdict) => told(verdict));
      expect(conditions.filter((one) => one.startsWith('TakesTicks'))).toEqual([]);
    });
  });

  test('a time moves only with its status', () => {
    const trigger = validTrigger({ filter });
    const first = withTriggerStatus(trigger, verdictOf({ filter }), 0);
    const later = withTriggerStatus(first, verdictOf({ filter }, false), 60_000);
    const times = later.status?.conditions?.map(({ type, lastTransitionTime }) => [type, lastTransitionTime]);
    expect(times).toEqual([
      ['Accepted', '1970-01-01T00:00:00Z'],
      ['LoopFree', '1970-01-01T00:00:00Z'],
      ['Ready', '1970-01-01T00:01:00Z'],
    ]);
    expect([first.status?.ready, later.status?.ready]).toEqual([true, false]);
  });
});
