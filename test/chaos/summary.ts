// What happened in a run, in numbers for people. Judges nothing (checker.ts). Pure.
import { runOf, type Operation } from './checks/run.ts';
import type { Entry, FaultEntry } from './history.ts';
import { quantile, seconds, tableText, tally, words } from './numbers.ts';

export interface Summary {
  readonly requests: number;
  readonly answered: number;
  /** By code, or by what became of the connection. */
  readonly others: ReadonlyMap<string, number>;
  /** By the word of Server-Timing: wake, claim, cold. */
  readonly waits: ReadonlyMap<string, number>;
  readonly faults: ReadonlyMap<FaultEntry['what'], number>;
  /** How often each program was gone, whoever was the cause. */
  readonly gone: ReadonlyMap<string, number>;
  readonly sessions: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  /** The longest time without any answer of any sandbox (ms). */
  readonly worstSilenceMs: number;
  /** The longest time from a session's first request that failed to its next answer (ms). */
  readonly worstSessionMs: number;
}

const worked = ({ result }: Operation): boolean => result.kind === 'answer' && result.reading !== undefined;

function otherWord({ result }: Operation): string[] {
  if (result.kind === 'answer') return [];
  return [
    result.kind === 'refusal' ? (result.code ?? `status ${result.status}`) : `connection ${result.kind}`,
  ];
}

const waitWord = ({ result }: Operation): string[] => {
  const word = result.kind === 'answer' ? /^[a-z]+/.exec(result.timing ?? '')?.[0] : undefined;
  return word === undefined ? [] : [word];
};

function worstSilence(operations: readonly Operation[]): number {
  const times = operations
    .filter(worked)
    .map(({ endAt }) => endAt)
    .sort((a, b) => a - b);
  return times.reduce((worst, time, index) => Math.max(worst, time - (times[index - 1] ?? time)), 0);
}

/** For one session: from the first of several failures in a row to the answer after them. */
function worstFailing(operations: readonly Operation[]): number {
  let since: number | undefined;
  let worst = 0;
  for (const operation of operations.toSorted((a, b) => a.endAt - b.endAt)) {
    if (operation.kind === 'pause' || operation.kind === 'delete') continue;
    if (!worked(operation)) since ??= operation.at;
    else if (since !== undefined) {
      worst = Math.max(worst, operation.endAt - since);
      since = undefined;
    }
  }
  return worst;
}

export function summarize(entries: readonly Entry[]): Summary {
  const { operations, sessions } = runOf(entries);
  const answered = operations.filter(({ result }) => result.kind === 'answer');
  const lasted = operations
    .filter((one) => worked(one) && one.kind !== 'slow')
    .map(({ at, endAt }) => endAt - at)
    .sort((a, b) => a - b);
  return {
    requests: operations.length,
    answered: answered.length,
    others: tally(operations.flatMap(otherWord)),
    waits: tally(operations.flatMap(waitWord)),
    faults: tally(entries.flatMap((entry) => (entry.t === 'fault' ? [entry.what] : []))),
    gone: tally(
      entries.flatMap((entry) => (entry.t === 'life' && entry.what === 'gone' ? [entry.program] : [])),
    ),
    sessions: [...sessions.values()].filter(({ established }) => established).length,
    medianMs: quantile(lasted, 0.5),
    p99Ms: quantile(lasted, 0.99),
    worstSilenceMs: worstSilence(operations),
    worstSessionMs: Math.max(0, ...[...sessions.values()].map((session) => worstFailing(session.operations))),
  };
}

/** What was done so far; what only undoes it is left out. */
export function faultsText(entries: readonly Entry[]): string {
  const { faults } = summarize(entries);
  const done = [...faults].filter(([what]) => !['mend', 'thaw', 'redis-up'].includes(what));
  return done.map(([what, times]) => `${times} ${what}`).join(', ') || 'none';
}

/** As a table of two columns. */
export function summaryText(summary: Summary): string {
  return tableText([
    ['requests', `${summary.requests}, answered ${summary.answered}`],
    ['refused or broken', words(summary.others)],
    ['sessions', String(summary.sessions)],
    ['waited for', words(summary.waits)],
    ['faults', words(summary.faults)],
    ['programs gone', words(summary.gone)],
    ['answer times', `median ${summary.medianMs} ms, 99th of 100 ${seconds(summary.p99Ms)}`],
    ['worst silence', `${seconds(summary.worstSilenceMs)} without an answer to anybody`],
    ['worst session', `${seconds(summary.worstSessionMs)} from a first failure to the next answer`],
  ]);
}
