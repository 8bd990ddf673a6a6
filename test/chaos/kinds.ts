// The kinds of chaos run: how each is run, told and judged. Does not own the command line (main.ts).
import { check, type Violation } from './checker.ts';
import { checkEvents } from './events/checker.ts';
import { runEvents, type EventRunOptions } from './events/run.ts';
import { eventSummaryText, progressText, summarizeEvents } from './events/summary.ts';
import type { Entry } from './history.ts';
import { runChaos, type Playing, type RunOptions } from './run.ts';
import { faultsText, summarize, summaryText } from './summary.ts';

export interface Judging {
  /** One line while it goes on. */
  readonly progress: (entries: readonly Entry[]) => string;
  readonly summary: (entries: readonly Entry[]) => string;
  readonly check: (entries: readonly Entry[]) => readonly Violation[];
}

export interface Kind extends Judging {
  /** What it does, in words. */
  readonly title: string;
  /** Resolves with what the checker found; undefined when it was to leave. */
  readonly run: (playing: Playing) => Promise<readonly Violation[] | undefined>;
}

const requests: Judging = {
  progress: (entries) => {
    const { requests: asked, answered, sessions } = summarize(entries);
    return `${answered} of ${asked} requests answered, ${sessions} sessions; faults: ${faultsText(entries)}`;
  },
  summary: (entries) => summaryText(summarize(entries)),
  check,
};

const events: Judging = {
  progress: (entries) => `${progressText(entries)}; faults: ${faultsText(entries)}`,
  summary: (entries) => eventSummaryText(summarizeEvents(entries)),
  check: checkEvents,
};

/** Requests for sessions, and every kind of fault for some minutes. */
export const requestsKind = (options: Omit<RunOptions, keyof Playing>): Kind => ({
  ...requests,
  title: `${options.minutes} minutes`,
  run: (playing) => runChaos({ ...options, ...playing }),
});

/** Events for agents, and kills until all are dealt with. */
export const eventsKind = (options: Omit<EventRunOptions, keyof Playing>): Kind => ({
  ...events,
  title: `${options.events} events for ${options.subjects} sessions`,
  run: (playing) => runEvents({ ...options, ...playing }),
});

/** How the run that wrote this history is told and judged. */
export const kindOf = (entries: readonly Entry[]): Judging =>
  entries.some((entry) => entry.t === 'started' && entry.events !== undefined) ? events : requests;
