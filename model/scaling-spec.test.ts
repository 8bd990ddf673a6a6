// `spec.scaling`: what it comes down to, and what of it is refused, with the field, the bound and the value.
import { describe, expect, test } from '@jest/globals';
import { interpreter } from '../test/support/runtimes.ts';
import { validateRuntime, type Problem } from './problem.ts';
import { kpaDefaults, noMaximum, type Scaling } from './scaling.ts';
import { workloadOf } from './workload.ts';

const knative = (name: string): string => `autoscaling.knative.dev/${name}`;

interface Given {
  readonly scaling?: unknown;
  readonly warmPoolSize?: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

function check({ annotations, ...spec }: Given) {
  const plain = interpreter();
  const metadata = { ...plain.metadata, ...(annotations && { annotations }) };
  return validateRuntime({ ...plain, metadata, spec: { ...plain.spec, ...spec } });
}

function scalingOf(given: Given): Scaling | undefined {
  const checked = check(given);
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
  return workloadOf(checked.runtime).scaling;
}

function problemsOf(given: Given): readonly Problem[] {
  const checked = check(given);
  return checked.ok ? [] : checked.problems;
}

describe('what is asked for', () => {
  test('warmPoolSize alone is exactly that: nothing is asked of the autoscaler', () => {
    expect(scalingOf({ warmPoolSize: 3 })).toBeUndefined();
    expect(scalingOf({})).toBeUndefined();
  });

  test('scaling that says nothing is class target with 99 % warm, and empty after an hour without a session', () => {
    expect(scalingOf({ scaling: {} })).toEqual({
      policy: { class: 'target', warmStarts: 0.99, min: 0, max: noMaximum, toZeroAfterMs: 3_600_000 },
      schedule: [],
      dryRun: false,
    });
  });

  test('class target with all that it knows', () => {
    const schedule = [
      { cron: '0 9 * * 1-5', timeZone: 'Europe/Berlin', sessions: 40 },
      { cron: '*/30 * * * *', sessions: 1 },
    ];
    const scaling = { class: 'target', warmStarts: '99.9%', min: 2, max: 50, toZeroAfter: '10m', schedule };
    expect(scalingOf({ scaling: { ...scaling, dryRun: true } })).toEqual({
      policy: { class: 'target', warmStarts: 0.999, min: 2, max: 50, toZeroAfterMs: 600_000 },
      schedule,
      dryRun: true,
    });
  });

  test.each([
    ['99%', 0.99],
    ['99.95 %', 0.9995],
    ['0.5%', 0.005],
    [0.9, 0.9],
  ])('%j of them warm', (warmStarts, share) => {
    expect(scalingOf({ scaling: { warmStarts } })).toMatchObject({ policy: { warmStarts: share } });
  });

  test('never is no time at all', () => {
    const policy = scalingOf({ scaling: { toZeroAfter: 'never' } })?.policy;
    expect(policy).not.toHaveProperty('toZeroAfterMs');
  });

  test('class fixed is warmPoolSize', () => {
    expect(scalingOf({ scaling: { class: 'fixed' }, warmPoolSize: 7 })?.policy).toEqual({
      class: 'fixed',
      size: 7,
    });
    expect(scalingOf({ scaling: { class: 'fixed' } })?.policy).toEqual({ class: 'fixed', size: 0 });
  });

  test('class kpa is Knative’s, with bounds from here', () => {
    expect(scalingOf({ scaling: { class: 'kpa', min: 1, max: 4 } })?.policy).toEqual({
      ...kpaDefaults,
      ...{ metric: 'concurrency', target: 70, min: 1, max: 4 },
    });
  });

  test('an annotation of Knative’s asks for class kpa by itself, and beside a scaling that names no class', () => {
    const annotations = { [knative('target')]: '10', [knative('max-scale')]: '5' };
    const policy = { class: 'kpa', target: 7, max: 5 };
    expect(scalingOf({ annotations })).toMatchObject({ policy, schedule: [], dryRun: false });
    expect(scalingOf({ annotations, scaling: { dryRun: true } })).toMatchObject({ policy, dryRun: true });
    expect(scalingOf({ annotations: { [knative('class')]: 'kpa.autoscaling.knative.dev' } })).toMatchObject({
      policy: { class: 'kpa' },
    });
    expect(scalingOf({ annotations, scaling: { class: 'kpa', min: 2 } })).toMatchObject({
      policy: { ...policy, min: 2 },
    });
  });
});

describe('refused', () => {
  const share = 'a share above 0 and below 100 %, such as "99%" or 0.99';
  const count = 'a whole number from 0 to 2147483647';
  const zone = 'an IANA time zone such as "Europe/Berlin"';
  const cron = 'five fields as in crontab(5), such as "0 9 * * 1-5"';
  const delay = 'a Go duration such as "30s", not negative, or "never"';
  const strike = (given: object): object => ({ schedule: [{ cron: '0 9 * * *', sessions: 1, ...given }] });

  test.each<[object, string, string, string]>([
    [{ class: 'huge' }, 'class', 'got "huge"', 'target or kpa or fixed'],
    [{ min: 5, max: 3 }, 'min', '5 is more than max, which is 3', 'at most 3'],
    [{ min: -1 }, 'min', 'got the number -1', count],
    [{ max: 1.5 }, 'max', 'got the number 1.5', count],
    [{ warmStarts: 0 }, 'warmStarts', 'got the number 0', share],
    [{ warmStarts: '0%' }, 'warmStarts', 'got "0%"', share],
    [{ warmStarts: '200%' }, 'warmStarts', 'got "200%"', share],
    [{ warmStarts: '100%' }, 'warmStarts', 'got "100%"', share],
    [{ warmStarts: 99 }, 'warmStarts', 'got the number 99', share],
    [{ warmStarts: 1 }, 'warmStarts', 'got the number 1', share],
    [{ warmStarts: 'most' }, 'warmStarts', 'got "most"', share],
    [{ toZeroAfter: '5' }, 'toZeroAfter', 'time: missing unit in duration "5"', delay],
    [{ toZeroAfter: '-5m' }, 'toZeroAfter', 'is negative', delay],
    [{ dryRun: 'yes' }, 'dryRun', 'got "yes"', 'true or false'],
    [strike({ cron: '99 * * * *' }), 'schedule[0].cron', '"99 * * * *": Invalid value for minute: 99', cron],
    [strike({ cron: '0 9 30 2 *' }), 'schedule[0].cron', '"0 9 30 2 *" never strikes', cron],
    [strike({ cron: '? * * * *' }), 'schedule[0].cron', 'got "? * * * *"', cron],
    [strike({ timeZone: 'Mars/Base' }), 'schedule[0].timeZone', 'unknown time zone "Mars/Base"', zone],
    [
      strike({ sessions: 0 }),
      'schedule[0].sessions',
      'got the number 0',
      'a whole number from 1 to 2147483647',
    ],
    [{ class: 'fixed', min: 1 }, 'min', 'means nothing to class fixed', 'class target or kpa'],
    [{ class: 'fixed', warmStarts: '90%' }, 'warmStarts', 'means nothing to class fixed', 'class target'],
    [{ class: 'kpa', toZeroAfter: '5m' }, 'toZeroAfter', 'means nothing to class kpa', 'class target'],
    [{ class: 'kpa', ...strike({}) }, 'schedule', 'means nothing to class kpa', 'class target'],
  ])('%j', (scaling, field, message, expected) => {
    expect(problemsOf({ scaling })).toEqual([{ path: `spec.scaling.${field}`, message, expected }]);
  });

  test('more than twenty schedules', () => {
    const schedule = Array.from({ length: 21 }, (_, hour) => ({ cron: `0 ${hour} * * *`, sessions: 1 }));
    expect(problemsOf({ scaling: { schedule } })).toMatchObject([
      { path: 'spec.scaling.schedule', expected: 'a list of at most 20' },
    ]);
    expect(problemsOf({ scaling: { schedule: schedule.slice(1) } })).toEqual([]);
  });

  test('six fields, and a misspelt field', () => {
    expect(problemsOf({ scaling: strike({ cron: '0 0 9 * * *' }) })).toMatchObject([
      { path: 'spec.scaling.schedule[0].cron', expected: cron },
    ]);
    expect(problemsOf({ scaling: { warmStart: 0.9 } })).toMatchObject([{ expected: 'warmStarts' }]);
  });

  test('with everything else that is wrong, at once', () => {
    const both = { scaling: { warmStarts: 2, min: -1 }, annotations: { [knative('window')]: '1s' } };
    expect(
      problemsOf(both)
        .map(({ path }) => path)
        .sort(),
    ).toEqual([
      `metadata.annotations["${knative('window')}"]`,
      'spec.scaling.min',
      'spec.scaling.warmStarts',
    ]);
  });
});

describe('together with Knative’s annotations', () => {
  const path = (name: string): string => `metadata.annotations["${knative(name)}"]`;

  test.each(['target', 'fixed'])('class %s is refused, naming both', (given) => {
    expect(problemsOf({ scaling: { class: given }, annotations: { [knative('window')]: '60s' } })).toEqual([
      {
        path: 'spec.scaling.class',
        message: `is ${given}, and ${path('window')} asks for kpa`,
        expected: 'kpa, or no annotation of autoscaling.knative.dev',
      },
    ]);
  });

  test('a bound is said once', () => {
    const annotations = { [knative('minScale')]: '1' };
    expect(problemsOf({ scaling: { min: 1 }, annotations })).toEqual([
      { path: 'spec.scaling.min', message: `${path('minScale')} says it too`, expected: 'one of the two' },
    ]);
  });

  test('bounds from both places agree', () => {
    const annotations = { [knative('max-scale')]: '3' };
    expect(problemsOf({ scaling: { class: 'kpa', min: 5 }, annotations })).toEqual([
      { path: 'spec.scaling.min', message: '5 is more than max, which is 3', expected: 'at most 3' },
    ]);
  });

  test('what is for class target alone is refused where they ask for kpa', () => {
    const annotations = { [knative('target')]: '3' };
    expect(problemsOf({ scaling: { warmStarts: '90%' }, annotations })).toEqual([
      { path: 'spec.scaling.warmStarts', message: 'means nothing to class kpa', expected: 'class target' },
    ]);
  });
});
