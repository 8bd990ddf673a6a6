// What a comparison says, as text: tables of cold starts against idle time. Numbers in, lines out.
import { coldAt, type Cost, type Curve } from './compare.ts';

export interface Curves {
  readonly fixed: Curve;
  readonly kpa: Curve;
  readonly target: Curve;
  readonly oracle: Cost;
}

/** Rows of text as columns, the first to the left and the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}

const percent = (share: number, places = 2): string => `${(share * 100).toFixed(places)} %`;
const count = (value: number | undefined): string => (value === undefined ? '-' : String(Math.round(value)));

const head = ['policy', 'cold', 'cold %', 'idle s', 'idle', 'started', 'unused'];

const costRow = (name: string, cost: Cost): readonly string[] => [
  name,
  count(cost.coldStarts),
  percent(cost.coldStarts / cost.sessions),
  count(cost.idleSeconds),
  cost.idle.toFixed(2),
  count(cost.started),
  count(cost.unused),
];

/** Only some of a long curve: each step in idle time at least a fifth. */
function thinned(curve: Curve): Curve {
  let last = -Infinity;
  return curve.filter(({ idle }, index) => {
    const shown = index === 0 || idle >= last * 1.2 + 0.05 || index === curve.length - 1;
    if (shown) last = idle;
    return shown;
  });
}

/** Every policy at its settings; `all`: also those close to the one before. */
export function costTable({ fixed, kpa, target, oracle }: Curves, all: boolean): string {
  const some = (curve: Curve): Curve => (all ? curve : thinned(curve));
  return table([
    head,
    ...some(fixed).map((cost) => costRow(`fixed ${cost.setting}`, cost)),
    ...some(kpa).map((cost) => costRow(`kpa ${Number(cost.setting.toPrecision(3))}/s`, cost)),
    ...some(target).map((cost) => costRow(`target ${percent(cost.setting)}`, cost)),
    costRow('oracle', oracle),
  ]);
}

/** Cold starts of each class where all are idle alike, and `target` against the better of the others. */
export function equalIdleTable({ fixed, kpa, target }: Curves, idles: readonly number[]): string {
  const rows = idles.map((idle) => {
    const [ofFixed, ofKpa, ofTarget] = [coldAt(fixed, idle), coldAt(kpa, idle), coldAt(target, idle)];
    const better = Math.min(ofFixed ?? Infinity, ofKpa ?? Infinity);
    const ratio = ofTarget === undefined || better === Infinity ? '-' : (ofTarget / better).toFixed(2);
    return [String(idle), count(ofFixed), count(ofKpa), count(ofTarget), ratio];
  });
  return table([['idle on average', 'fixed', 'kpa', 'target', 'of the better'], ...rows]);
}

/** What was asked for and what came of it, after the first tenth. `kept`: within a third of the allowed misses, or better. */
export function reachedTable(costs: readonly Cost[]): string {
  const rows = costs.map(({ setting, reached, idle }) => {
    const allowed = 1 - setting;
    const off = (1 - reached - allowed) / allowed;
    const kept = Math.abs(off) <= 1 / 3 ? 'yes' : off < 0 ? 'better' : 'no';
    return [
      percent(setting, 1),
      percent(reached),
      `${off >= 0 ? '+' : ''}${percent(off, 0)}`,
      kept,
      idle.toFixed(2),
    ];
  });
  return table([['asked warm', 'reached', 'misses off by', 'within a third', 'idle'], ...rows]);
}
