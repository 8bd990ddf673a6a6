// How a figure is told: a ratio against a reference of the same run, beside the bound it must keep.
// Absolute times are given for orientation only: machines differ, ratios less so.

export interface Figure {
  readonly what: string;
  /** `at most`: ratio <= bound; `at least`: ratio >= bound. */
  readonly sense: 'at most' | 'at least';
  readonly bound: number;
  readonly ratio: number;
  /** Ours and the reference with units, e.g. `0.31 ms against 0.22 ms (nginx)`. */
  readonly seen: string;
}

export const kept = ({ sense, bound, ratio }: Figure): boolean =>
  sense === 'at most' ? ratio <= bound : ratio >= bound;

/** The value below which that share of the sample lies; `share` in [0, 1]. Throws on an empty sample. */
export function quantile(sample: readonly number[], share: number): number {
  const sorted = [...sample].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  if (value === undefined) throw new Error('a quantile of nothing');
  return value;
}

export const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} ms`;

/** p50 and p99 of a sample (ms) against those of a reference sample. */
export function latencyFigures(
  what: string,
  ours: readonly number[],
  reference: readonly number[],
  name: string,
  bounds: { readonly p50: number; readonly p99?: number },
): Figure[] {
  const figure = (label: string, share: number, bound: number): Figure => ({
    what: `${what}, ${label}`,
    sense: 'at most',
    bound,
    ratio: quantile(ours, share) / quantile(reference, share),
    seen: `${ms(quantile(ours, share))} against ${ms(quantile(reference, share))} (${name})`,
  });
  const p50 = figure('p50', 0.5, bounds.p50);
  return bounds.p99 === undefined ? [p50] : [p50, figure('p99', 0.99, bounds.p99)];
}

type Row = readonly string[];

const head: Row = ['what', 'bound', 'ratio', 'kept', 'seen'];

const rowOf = (figure: Figure): Row => [
  figure.what,
  `${figure.sense} ${figure.bound}`,
  figure.ratio.toFixed(2),
  kept(figure) ? 'yes' : 'NO',
  figure.seen,
];

function tableOf(rows: readonly Row[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const pad = (cell: string, column: number): string =>
    cell === '---' ? '-'.repeat(widths[column] ?? 3) : cell.padEnd(widths[column] ?? 0);
  return lines.map((line) => `| ${line.map(pad).join(' | ')} |`).join('\n');
}

/** The figures as a Markdown table. */
export const markdownTable = (figures: readonly Figure[]): string => tableOf(figures.map(rowOf));

/** The figures in the first table of a page, in place of those of the same name; what was not measured again stays. */
export function withFigures(page: string, figures: readonly Figure[]): string {
  const lines = page.split('\n');
  const first = lines.findIndex((line) => line.startsWith('| what'));
  const after = lines.findIndex((line, at) => at > first && !line.startsWith('|'));
  const known = lines.slice(first + 2, after).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
  const rows = new Map([...known, ...figures.map(rowOf)].map((row) => [row[0] ?? '', row]));
  return tableOf([...rows.values()]);
}
