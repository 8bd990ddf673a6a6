// The picture and the table of a demonstration.
import { describe, expect, test } from '@jest/globals';
import { csv, svg } from './picture.ts';
import type { Sample } from './run.ts';

const quiet = { opened: 0, cold: 0, failed: 0, target: 0, wanted: 0, ready: 0, starting: 0, text: 'zero' };
const samples: readonly Sample[] = [
  { ...quiet, at: 0 },
  {
    ...quiet,
    at: 1.25,
    opened: 3,
    cold: 1,
    target: 4,
    ready: 1,
    starting: 2,
    text: 'load: came 3, "bursts" <9',
  },
  { ...quiet, at: 1.5, opened: 1, target: 4, ready: 4 },
  { ...quiet, at: 9 },
];

/** The side of a square in the legend. */
const legend = 10;

describe('the picture', () => {
  const drawn = svg('90 % & more', samples);

  test('has a bar for each second with sessions, as high as they were many, and cold ones in front', () => {
    const bars = [
      ...drawn.matchAll(/<rect x="[\d.]+" y="[\d.]+" width="[\d.]+" height="([\d.]+)" fill="(#\w+)"/g),
    ];
    expect(
      bars.map(([, height, colour]) => [Number(height), colour]).filter(([height]) => height !== legend),
    ).toEqual([
      [130, '#9bbf9b'],
      [32.5, '#c23030'],
    ]);
  });

  test('has the target as a line that steps', () => {
    const [, points = ''] = /<polyline [^>]*points="([^"]+)"/.exec(drawn) ?? [];
    const heights = points.split(' ').map((point) => Number(point.split(',')[1]));
    expect(heights).toEqual([440, 440, 240, 240, 240, 240, 440, 440]);
  });

  test('is well-formed, whatever its title', () => {
    expect(drawn).toContain('90 % &amp; more');
    expect(drawn).not.toMatch(/NaN|undefined|& /);
  });

  test('may be of nothing', () => expect(svg('nothing', [])).not.toMatch(/NaN|undefined/));
});

test('the table has a row for each sample', () => {
  expect(csv(samples).split('\n').slice(0, 3)).toEqual([
    'at,opened,cold,failed,target,wanted,ready,starting,text',
    '0,0,0,0,0,0,0,0,"zero"',
    '1.25,3,1,0,4,0,1,2,"load: came 3, ""bursts"" <9"',
  ]);
});
