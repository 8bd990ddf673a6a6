// What happened to the events of a run, in numbers for people. Judges nothing (checker.ts). Pure.
import type { Entry, FaultEntry } from '../history.ts';
import { quantile, seconds, tally, tableText, words } from '../numbers.ts';
import { accountOf, type Account, type Seen } from './account.ts';
import { checkEvents } from './checker.ts';

export interface EventSummary {
  readonly events: number;
  readonly acknowledged: number;
  /** Requests, and how those ended that were not answered 202. */
  readonly posts: number;
  readonly refused: ReadonlyMap<string, number>;
  /** Events that were sent more than once. */
  readonly resent: number;
  readonly handled: number;
  readonly subjects: number;
  /** Handlings of events that had been handled before, and of how many events. */
  readonly repeats: number;
  readonly repeated: number;
  /** Of those events, the ones that were sent more than once. */
  readonly repeatedResent: number;
  /** By what the last try was answered. */
  readonly dead: ReadonlyMap<string, number>;
  readonly lost: number;
  readonly misordered: number;
  readonly faults: ReadonlyMap<FaultEntry['what'], number>;
  readonly gone: ReadonlyMap<string, number>;
  /** From 202 to the first handling (ms). */
  readonly medianMs: number;
  readonly p99Ms: number;
  /** The longest time in which no event was handled (ms). */
  readonly worstSilenceMs: number;
  /** From the first sending to the last first handling (ms). */
  readonly lastedMs: number;
}

const firstTimes = (seen: readonly Seen[]): Map<string, number> => {
  const times = new Map<string, number>();
  for (const { id, at } of seen) times.set(id, Math.min(at, times.get(id) ?? Infinity));
  return times;
};

function times({
  seen,
  posted,
  epoch,
}: Account): Pick<EventSummary, 'medianMs' | 'p99Ms' | 'worstSilenceMs' | 'lastedMs'> {
  const firsts = firstTimes(seen);
  const waits = [...firsts].flatMap(([id, at]) => {
    const { acknowledgedAt } = posted.get(id) ?? {};
    return acknowledgedAt === undefined ? [] : [Math.max(0, at - epoch - acknowledgedAt)];
  });
  waits.sort((a, b) => a - b);
  const all = [...firsts.values()].sort((a, b) => a - b);
  const silences = all.map((at, n) => at - (all[n - 1] ?? at));
  const [began, ended] = [[...posted.values()][0]?.sentAt ?? 0, (all.at(-1) ?? epoch) - epoch];
  return {
    medianMs: quantile(waits, 0.5),
    p99Ms: quantile(waits, 0.99),
    worstSilenceMs: silences.reduce((worst, one) => Math.max(worst, one), 0),
    lastedMs: Math.max(0, ended - began),
  };
}

function refusedWords({ run }: Account): string[] {
  return run.operations.flatMap(({ result }) => {
    if (result.kind === 'answer') return [];
    return [
      result.kind === 'refusal' ? (result.code ?? `status ${result.status}`) : `connection ${result.kind}`,
    ];
  });
}

const count = (entries: readonly Entry[], rule: string): number =>
  checkEvents(entries).filter((violation) => violation.rule === rule).length;

export function summarizeEvents(entries: readonly Entry[]): EventSummary {
  const account = accountOf(entries);
  const { posted, seen } = account;
  const [all, repeated] = [[...posted.values()], [...account.times].filter(([, many]) => many > 1)];
  return {
    events: all.length,
    acknowledged: all.filter(({ acknowledgedAt }) => acknowledgedAt !== undefined).length,
    posts: account.run.operations.length,
    refused: tally(refusedWords(account)),
    resent: all.filter(({ sends }) => sends > 1).length,
    handled: account.times.size,
    subjects: new Set(seen.map(({ subject }) => subject)).size,
    repeats: seen.length - account.times.size,
    repeated: repeated.length,
    repeatedResent: repeated.filter(([id]) => (posted.get(id)?.sends ?? 0) > 1).length,
    dead: tally((account.dead ?? []).map(({ code }) => `answered ${code === 0 ? 'nothing' : code}`)),
    lost: count(entries, 'nothing lost'),
    misordered: count(entries, 'order kept'),
    faults: tally(entries.flatMap((entry) => (entry.t === 'fault' ? [entry.what] : []))),
    gone: tally(
      entries.flatMap((entry) => (entry.t === 'life' && entry.what === 'gone' ? [entry.program] : [])),
    ),
    ...times(account),
  };
}

/** What is known while a run goes on. */
export function progressText(entries: readonly Entry[]): string {
  const { posted } = accountOf(entries);
  const acknowledged = [...posted.values()].filter((one) => one.acknowledgedAt !== undefined).length;
  const all = entries.find((entry) => entry.t === 'started')?.events ?? posted.size;
  const settled = entries.findLast((entry) => entry.t === 'settled')?.events ?? 0;
  return `${acknowledged} of ${all} events acknowledged, ${settled} handled or dead`;
}

const sum = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((a, b) => a + b, 0);

/** As a table of two columns. */
export function eventSummaryText(one: EventSummary): string {
  const { posts, resent, handled, subjects, repeats, repeated, repeatedResent, dead } = one;
  return tableText([
    ['events', `${one.events} sent, ${one.acknowledged} acknowledged`],
    ['posts', `${posts}; ${resent} events were sent more than once`],
    ['refused or broken', words(one.refused)],
    ['handled', `${handled} in ${subjects} sessions`],
    [
      'repeated',
      `${repeats} times, ${repeated} events; ${repeatedResent} of these had been sent more than once`,
    ],
    ['dead letters', `${sum(dead)}: ${words(dead)}`],
    ['lost', String(one.lost)],
    ['out of order', String(one.misordered)],
    ['faults', words(one.faults)],
    ['programs gone', words(one.gone)],
    ['202 to handler', `median ${one.medianMs} ms, 99th of 100 ${seconds(one.p99Ms)}`],
    ['worst silence', `${seconds(one.worstSilenceMs)} in which no event was handled`],
    ['lasted', seconds(one.lastedMs)],
  ]);
}
