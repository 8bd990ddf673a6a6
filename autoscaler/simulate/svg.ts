// The picture of a comparison: trade-off curves, and one run over time. Numbers in, SVG text out; no scripts, no fonts of its own.
import type { Curve } from './compare.ts';
import type { Curves } from './report.ts';
import type { Round } from './replay.ts';

const width = 960;
const height = 340;
const left = 70;
const right = 20;
const top = 40;
const bottom = 50;

const colours = { fixed: '#888888', kpa: '#d9822b', target: '#1f6fb2', cold: '#c23030', arrivals: '#9bbf9b' };

/** One axis: values to pixels, with its marks. */
interface Axis {
  readonly at: (value: number) => number;
  readonly marks: readonly number[];
}

/** Round marks from 0 to `most`, about six of them. */
function marksTo(most: number): readonly number[] {
  const rough = Math.max(most, 1e-9) / 6;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * unit).find((size) => size >= rough) ?? unit * 10;
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, index) =>
    Number((index * step).toPrecision(6)),
  );
}

function linear(most: number, from: number, to: number): Axis {
  return { at: (value) => from + (Math.min(value, most) / (most || 1)) * (to - from), marks: marksTo(most) };
}

function logarithmic(most: number, from: number, to: number): Axis {
  const decades = Math.max(1, Math.ceil(Math.log10(Math.max(most, 1))));
  return {
    at: (value) => from + (Math.log10(Math.max(value, 1)) / decades) * (to - from),
    marks: Array.from({ length: decades + 1 }, (_, decade) => 10 ** decade),
  };
}

const px = (value: number): string => value.toFixed(1);
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const label = (x: number, y: number, text: string, anchor: string): string =>
  `<text x="${px(x)}" y="${px(y)}" text-anchor="${anchor}">${escaped(text)}</text>`;
const path = (points: readonly (readonly [number, number])[], colour: string, extra = ''): string =>
  `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${points.map(([x, y]) => `${px(x)},${px(y)}`).join(' ')}"${extra}/>`;

function frame(title: string, x: Axis, y: Axis, names: readonly [string, string]): string {
  const floor = height - bottom;
  const across = y.marks.map(
    (mark) =>
      `<line x1="${left}" x2="${width - right}" y1="${px(y.at(mark))}" y2="${px(y.at(mark))}" stroke="#e5e5e5"/>` +
      label(left - 8, y.at(mark) + 4, String(mark), 'end'),
  );
  const below = x.marks.map((mark) => label(x.at(mark), floor + 18, String(mark), 'middle'));
  return [
    ...across,
    ...below,
    `<text x="${left}" y="18" font-weight="bold">${escaped(title)}</text>`,
    label((left + width - right) / 2, height - 10, names[0], 'middle'),
    label(left, 34, names[1], 'start'),
  ].join('\n');
}

function legend(entries: readonly (readonly [string, string])[]): string {
  return entries
    .map(([name, colour], index) => {
      const x = width - right - 110 * (entries.length - index);
      return `<rect x="${x}" y="10" width="10" height="10" fill="${colour}"/>${label(x + 15, 19, name, 'start')}`;
    })
    .join('\n');
}

function tradeOff(curves: Curves, title: string): string {
  const all: readonly (readonly [string, Curve, string])[] = [
    ['fixed', curves.fixed, colours.fixed],
    ['kpa', curves.kpa, colours.kpa],
    ['target', curves.target, colours.target],
  ];
  const mostIdle = Math.max(1, ...curves.target.map(({ idle }) => idle));
  const mostCold = Math.max(1, ...all.flatMap(([, curve]) => curve.map(({ coldStarts }) => coldStarts)));
  const x = linear(mostIdle, left, width - right);
  const y = logarithmic(mostCold, height - bottom, top);
  const lines = all.map(([, curve, colour]) =>
    path(
      [...curve]
        .filter(({ idle }) => idle <= mostIdle)
        .sort((a, b) => a.idle - b.idle)
        .map(({ idle, coldStarts }) => [x.at(idle), y.at(coldStarts)] as const),
      colour,
    ),
  );
  return [
    frame(title, x, y, ['idle sandboxes on average', 'cold starts']),
    ...lines,
    legend(all.map(([name, , colour]) => [name, colour] as const)),
  ].join('\n');
}

/** Sums of arrivals and cold starts, and the largest size, in at most 400 columns. */
function columnsOf(
  rounds: readonly Round[],
): readonly { at: number; came: number; cold: number; size: number }[] {
  const each = Math.max(1, Math.ceil(rounds.length / 400));
  return Array.from({ length: Math.ceil(rounds.length / each) }, (_, index) => {
    const part = rounds.slice(index * each, (index + 1) * each);
    return {
      at: (part[0]?.at ?? 0) / 1_000,
      came: Math.max(...part.map(({ arrivals }) => arrivals)),
      cold: Math.max(...part.map(({ coldStarts }) => coldStarts)),
      size: Math.max(...part.map(({ decision }) => decision.size)),
    };
  });
}

function overTime(rounds: readonly Round[], title: string): string {
  const columns = columnsOf(rounds);
  const x = linear(Math.max(1, columns.at(-1)?.at ?? 1), left, width - right);
  const y = linear(
    Math.max(1, ...columns.map(({ came, size }) => Math.max(came, size))),
    height - bottom,
    top,
  );
  const floor = y.at(0);
  const thick = Math.max(1, (width - left - right) / columns.length - 0.5);
  const bar = (at: number, value: number, colour: string): string =>
    value === 0
      ? ''
      : `<rect x="${px(x.at(at))}" y="${px(y.at(value))}" width="${px(thick)}" height="${px(floor - y.at(value))}" fill="${colour}"/>`;
  return [
    frame(title, x, y, ['seconds', 'per round']),
    ...columns.map(({ at, came, cold }) => bar(at, came, colours.arrivals) + bar(at, cold, colours.cold)),
    path(
      columns.map(({ at, size }) => [x.at(at), y.at(size)] as const),
      colours.target,
    ),
    legend([
      ['new sessions', colours.arrivals],
      ['cold', colours.cold],
      ['pool', colours.target],
    ]),
  ].join('\n');
}

export interface Picture {
  readonly title: string;
  readonly curves: Curves;
  readonly run: { readonly title: string; readonly rounds: readonly Round[] };
}

/** Both pictures, one above the other. */
export const svg = ({ title, curves, run }: Picture): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${2 * height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${width}" height="${2 * height}" fill="white"/>`,
    tradeOff(curves, title),
    `<g transform="translate(0 ${height})">`,
    overTime(run.rounds, run.title),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
