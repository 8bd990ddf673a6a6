// The picture and the table of a demonstration: samples in, SVG and CSV text out. No scripts, no fonts of its own.
import type { Sample } from './run.ts';

const width = 960;
const left = 60;
const right = 20;
const load = { top: 60, bottom: 190 };
const pool = { top: 240, bottom: 440 };
const height = 485;

const colours = {
  opened: '#9bbf9b',
  cold: '#c23030',
  target: '#1f6fb2',
  ready: '#c9def0',
  starting: '#d9822b',
};

type Scale = (value: number) => number;

const px = (value: number): string => value.toFixed(1);
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const label = (x: number, y: number, text: string, anchor = 'start', extra = ''): string =>
  `<text x="${px(x)}" y="${px(y)}" text-anchor="${anchor}"${extra}>${escaped(text)}</text>`;

/** Round marks from 0 to `most`, at most `count` steps. */
function marksTo(most: number, count: number): readonly number[] {
  const unit = 10 ** Math.floor(Math.log10(Math.max(most, 1) / count));
  const step = Math.max(
    1,
    [1, 2, 5, 10].map((times) => times * unit).find((size) => size * count >= most) ?? 1,
  );
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step);
}

function panel(title: string, { top, bottom }: typeof load, most: number, y: Scale): string {
  const lines = marksTo(most, 5).map(
    (mark) =>
      `<line x1="${left}" x2="${width - right}" y1="${px(y(mark))}" y2="${px(y(mark))}" stroke="#e5e5e5"/>` +
      label(left - 8, y(mark) + 4, String(mark), 'end'),
  );
  const floor = `<line x1="${left}" x2="${width - right}" y1="${bottom}" y2="${bottom}" stroke="#888888"/>`;
  return [...lines, floor, label(left, top - 10, title)].join('\n');
}

function legend(y: number, entries: readonly (readonly [string, string])[]): string {
  return entries
    .map(([name, colour], index) => {
      const x = width - right - 100 * (entries.length - index);
      return `<rect x="${x}" y="${y - 9}" width="10" height="10" fill="${colour}"/>${label(x + 15, y, name)}`;
    })
    .join('\n');
}

interface Second {
  readonly opened: number;
  readonly cold: number;
}

/** What came in each second. */
function bySecond(samples: readonly Sample[]): readonly Second[] {
  const seconds = Array.from({ length: Math.floor(samples.at(-1)?.at ?? 0) + 1 }, () => ({
    opened: 0,
    cold: 0,
  }));
  for (const { at, opened, cold } of samples) {
    const second = seconds[Math.floor(at)];
    if (!second) continue;
    second.opened += opened;
    second.cold += cold;
  }
  return seconds;
}

/** A line that keeps each value until the next, as pools do. */
const steps = (samples: readonly Sample[], x: Scale, y: Scale, of: (sample: Sample) => number): string =>
  samples
    .flatMap((sample, index) => {
      const next = samples[index + 1]?.at ?? sample.at;
      return [`${px(x(sample.at))},${px(y(of(sample)))}`, `${px(x(next))},${px(y(of(sample)))}`];
    })
    .join(' ');

const scaleTo =
  (most: number, { top, bottom }: typeof load): Scale =>
  (value) =>
    bottom - (value / Math.max(most, 1)) * (bottom - top);

function loadPanel(samples: readonly Sample[], x: Scale): string {
  const seconds = bySecond(samples);
  const most = Math.max(1, ...seconds.map(({ opened }) => opened));
  const y = scaleTo(most, load);
  const bar = (at: number, value: number, colour: string): string =>
    value === 0
      ? ''
      : `<rect x="${px(x(at))}" y="${px(y(value))}" width="${px(Math.max(1, x(1) - x(0) - 0.5))}" height="${px(load.bottom - y(value))}" fill="${colour}"/>`;
  return [
    panel('new sessions a second', load, most, y),
    ...seconds.map(({ opened, cold }, at) => bar(at, opened, colours.opened) + bar(at, cold, colours.cold)),
    legend(load.top - 10, [
      ['warm', colours.opened],
      ['cold', colours.cold],
    ]),
  ].join('\n');
}

function poolPanel(samples: readonly Sample[], x: Scale): string {
  const most = Math.max(
    1,
    ...samples.map(({ target, ready, starting }) => Math.max(target, ready + starting)),
  );
  const y = scaleTo(most, pool);
  const area = (of: (sample: Sample) => number, colour: string): string =>
    `<polygon points="${px(x(samples[0]?.at ?? 0))},${pool.bottom} ${steps(samples, x, y, of)} ${px(x(samples.at(-1)?.at ?? 0))},${pool.bottom}" fill="${colour}"/>`;
  return [
    area(({ ready, starting }) => ready + starting, colours.starting),
    area(({ ready }) => ready, colours.ready),
    `<polyline fill="none" stroke="${colours.target}" stroke-width="1.5" points="${steps(samples, x, y, ({ target }) => target)}"/>`,
    panel('sandboxes in the pool', pool, most, y),
    legend(pool.top - 10, [
      ['ready', colours.ready],
      ['starting', colours.starting],
      ['target', colours.target],
    ]),
  ].join('\n');
}

/** The load above the pool, on one axis of time. */
export function svg(title: string, samples: readonly Sample[]): string {
  const end = Math.max(1, samples.at(-1)?.at ?? 1);
  const x: Scale = (at) => left + (Math.min(at, end) / end) * (width - left - right);
  const marks = marksTo(end, 10).map((mark) => label(x(mark), pool.bottom + 18, String(mark), 'middle'));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    label(left, 20, title, 'start', ' font-weight="bold"'),
    loadPanel(samples, x),
    poolPanel(samples, x),
    ...marks,
    label((left + width - right) / 2, height - 8, 'seconds', 'middle'),
    '</svg>',
    '',
  ]
    .join('\n')
    .replace(/\n{2,}/g, '\n');
}

const columns = ['at', 'opened', 'cold', 'failed', 'target', 'wanted', 'ready', 'starting', 'text'] as const;

const cell = (value: string | number): string =>
  typeof value === 'number' ? String(Number(value.toFixed(2))) : `"${value.replaceAll('"', '""')}"`;

/** One row for each sample. */
export const csv = (samples: readonly Sample[]): string =>
  [
    columns.join(','),
    ...samples.map((sample) => columns.map((name) => cell(sample[name])).join(',')),
    '',
  ].join('\n');
