import { describe, expect, test } from '@jest/globals';
import { deployedOf, triggerObject } from '../test/support/triggers.ts';
import { validateResource, validateTrigger } from './resource.ts';

/** What is wrong, as `path: message`. */
function problems(spec: object, metadata: object = {}): string[] {
  const checked = validateTrigger(triggerObject(spec, metadata));
  return checked.ok ? [] : checked.problems.map(({ path, message }) => `${path}: ${message}`);
}

const event = { type: 'nightly' };

describe('a trigger is refused with the place', () => {
  test.each([
    [{ sesion: {} }, 'spec.sesion: unknown field "spec.sesion", did you mean "session"?'],
    [{ target: { kind: 'Pod', name: 'x' } }, 'spec.target.kind: got "Pod"'],
    [{ target: { kind: 'AgentRuntime' } }, 'spec.target.name: is missing'],
    [{ target: { kind: 'AgentRuntime', name: 'a', path: 'x' } }, 'spec.target.path: got "x"'],
    [{ broker: 'A/b' }, 'spec.broker: got "A/b"'],
    [{ session: { key: '{source}/{Sub}' } }, 'spec.session.key: {Sub} names no attribute'],
    [{ session: { key: '{source' } }, 'spec.session.key: has a brace without the other'],
    [{ session: { key: 'one-for-all' } }, 'spec.session.key: names no attribute: "one-for-all"'],
    [{ session: { whenEnded: 'drop' } }, 'spec.session.whenEnded: got "drop"'],
    [{ delivery: { concurrency: 0 } }, 'spec.delivery.concurrency: got the number 0'],
    [{ delivery: { retry: -1 } }, 'spec.delivery.retry: got the number -1'],
    [{ delivery: { backoffPolicy: 'random' } }, 'spec.delivery.backoffPolicy: got "random"'],
    [{ delivery: { backoffDelay: 'P1Y' } }, 'spec.delivery.backoffDelay: got "P1Y"'],
    [{ delivery: { backoffDelay: '-1s' } }, 'spec.delivery.backoffDelay: is negative'],
    [{ delivery: { timeout: 'PT0S' } }, 'spec.delivery.timeout: is zero'],
    [{ delivery: { deadLetterSink: {} } }, 'spec.delivery.deadLetterSink: is empty'],
    [{ delivery: { deadLetterSink: { uri: 'ftp://x' } } }, 'spec.delivery.deadLetterSink.uri: got "ftp://x"'],
    [
      { delivery: { deadLetterSink: { uri: '/x' } } },
      'spec.delivery.deadLetterSink.uri: is a path of nothing',
    ],
    [
      { delivery: { deadLetterSink: { ref: { kind: 'Broker', name: 'b' }, uri: '/x' } } },
      'spec.delivery.deadLetterSink.uri: is given beside a broker',
    ],
    [
      { delivery: { deadLetterSink: { ref: { kind: 'Broker', name: 'b', namespace: 'other' } } } },
      'spec.delivery.deadLetterSink.ref.namespace: got "other"',
    ],
    [{ schedule: { cron: '0 0 30 2 *', event } }, 'spec.schedule.cron: never fires: there is no such day'],
    [{ schedule: { cron: '61 * * * *', event } }, 'spec.schedule.cron: Invalid value for minute: 61'],
    [{ schedule: { cron: '0 3 * * *', timeZone: 'Mars/X', event } }, 'spec.schedule.timeZone: got "Mars/X"'],
    [{ schedule: { cron: '0 3 * * *', event: {} } }, 'spec.schedule.event.type: is missing'],
    [
      { schedule: { cron: '0 3 * * *', event: { ...event, id: '1' } } },
      'spec.schedule.event.id: is set with each tick',
    ],
    [
      { schedule: { cron: '0 3 * * *', event: { ...event, 'My-Ext': '1' } } },
      'spec.schedule.event.My-Ext: is no name of an attribute',
    ],
    [{ filters: [{ cesql: "type LIKE 'a%' AD x" }] }, 'spec.filters[0].cesql: line 1, column 16: got "AD"'],
  ])('%j', (spec, problem) => {
    expect(problems(spec)).toEqual([problem]);
  });

  test('every problem at once', () => {
    expect(problems({ broker: '', delivery: { concurrency: 0, timeout: 'x' } })).toHaveLength(3);
  });
});

test('fields that are null count as not given', () => {
  expect(problems({ session: null, delivery: { retry: null } })).toEqual([]);
});

describe('as activators read it', () => {
  test('what it does not say has defaults', () => {
    expect(deployedOf()).toEqual({
      key: { namespace: 'default', name: 'on-issue' },
      revision: '.1',
      broker: 'default',
      attributes: {},
      filters: [],
      target: { runtime: { kind: 'AgentRuntime', namespace: 'default', name: 'hello' }, path: '/' },
      session: { key: 'new', whenEnded: 'new' },
      delivery: {
        retry: 10,
        backoffPolicy: 'exponential',
        backoffDelayMs: 500,
        timeoutMs: 900_000,
        retryAfterMaxMs: 3_600_000,
        ordered: true,
        concurrency: 50,
        dropRepeatsWithinMs: null,
      },
    });
  });

  test('what it says is what they get', () => {
    const delivery = {
      ...{ retry: 0, backoffPolicy: 'linear', backoffDelay: '2s', timeout: 'PT1H30M', retryAfterMax: 'PT0S' },
      ...{ ordered: false, concurrency: 1, dropRepeatsWithin: 'P1D' },
      deadLetterSink: { ref: { kind: 'AgentRuntime', name: 'morgue' }, uri: '/dead' },
    };
    const spec = { broker: 'b', session: { key: 'subject', whenEnded: 'deadLetter' }, delivery };
    expect(deployedOf(spec, { namespace: 'team', uid: 'u', generation: 3 })).toMatchObject({
      key: { namespace: 'team', name: 'on-issue' },
      revision: 'u.3',
      broker: 'b',
      session: { key: '{subject}', whenEnded: 'deadLetter' },
      delivery: {
        ...{ retry: 0, backoffPolicy: 'linear', backoffDelayMs: 2_000, timeoutMs: 5_400_000 },
        ...{ retryAfterMaxMs: null, ordered: false, concurrency: 1, dropRepeatsWithinMs: 86_400_000 },
        deadLetterSink: {
          kind: 'runtime',
          runtime: { kind: 'AgentRuntime', namespace: 'team', name: 'morgue' },
          path: '/dead',
        },
      },
    });
  });

  test('filters win over filter.attributes, as with Knative', () => {
    const filter = { attributes: { type: 'a' } };
    expect(deployedOf({ filter })).toMatchObject({ attributes: { type: 'a' }, filters: [] });
    const filters = [{ prefix: { type: 'b' } }];
    expect(deployedOf({ filter, filters })).toMatchObject({ attributes: {}, filters });
  });

  test('a schedule without filters takes its own ticks and nothing else of the broker', () => {
    const schedule = { cron: '0 3 * * 1-5', timeZone: 'Europe/Berlin', jitter: '30s', event, data: { a: 1 } };
    const source = '/apis/eventing.agentcube.volcano.sh/v1alpha1/namespaces/default/triggers/on-issue';
    expect(deployedOf({ schedule })).toMatchObject({
      filters: [{ exact: { type: 'nightly', source } }],
      schedule: {
        ...{ cron: '0 3 * * 1-5', timeZone: 'Europe/Berlin', jitterMs: 30_000, data: { a: 1 } },
        event: { type: 'nightly', source },
      },
    });
    const filter = { attributes: { type: 'a' } };
    expect(deployedOf({ schedule, filter })).toMatchObject({ attributes: { type: 'a' }, filters: [] });
  });
});

describe('a resource is whatever kind it says', () => {
  test('a trigger, or a problem that names all kinds', () => {
    expect(validateResource(triggerObject())).toMatchObject({ ok: true, resource: { kind: 'Trigger' } });
    expect(validateResource({ ...triggerObject(), kind: 'Triger' })).toEqual({
      ok: false,
      problems: [
        {
          path: 'kind',
          message: 'got "Triger", did you mean "Trigger"?',
          expected: 'AgentRuntime or CodeInterpreter or Trigger',
        },
      ],
    });
  });

  test.each([null, 'text', [triggerObject()]])('%j is none', (value) => {
    expect(validateResource(value)).toMatchObject({ ok: false, problems: [{ path: '' }] });
  });
});
