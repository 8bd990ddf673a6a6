// Spans of time of a trigger: ISO 8601 durations as Knative has them (`PT0.5S`), and Go durations as runtimes have them (`500ms`).
// Does not own what a span means to anybody. Nothing here reads a clock.
import { z } from 'zod';
import { durationError, parseDuration } from './duration.ts';

const weeks = /^P(\d+)W$/;
const parts = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d{1,9})?)S)?)?$/;
const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Longer than anything waits here, and short enough that times stay whole numbers (ms). */
const longestMs = 366 * dayMs;

/** Milliseconds of an ISO 8601 duration without years and months, whose lengths differ; undefined when it is none. */
function isoMs(text: string): number | undefined {
  const inWeeks = weeks.exec(text);
  if (inWeeks) return Number(inWeeks[1]) * 7 * dayMs;
  const found = parts.exec(text);
  if (!found || text.endsWith('T') || text === 'P') return undefined;
  const [, days = '0', hours = '0', minutes = '0', seconds = '0'] = found;
  const exact = Number(seconds.replace(',', '.')) * secondMs;
  return Number(days) * dayMs + Number(hours) * hourMs + Number(minutes) * minuteMs + exact;
}

const goMs = (text: string): number | undefined =>
  durationError(text) === undefined ? parseDuration(text) : undefined;

const read = (text: string): number | undefined => (text.startsWith('P') ? isoMs(text) : goMs(text));

/** Milliseconds of a span that is valid, whole ones. Throws nothing: of what is not valid it is NaN. */
export const spanMs = (text: string): number => Math.round(read(text) ?? NaN);

function problemOf(text: string): string | undefined {
  const ms = read(text);
  if (ms === undefined) return `got ${JSON.stringify(text.slice(0, 80))}`;
  if (ms < 0) return 'is negative';
  return ms > longestMs ? 'is longer than a year' : undefined;
}

/** A span as it stands in YAML or JSON; stays the text that was given. */
export const span = z
  .string()
  .superRefine((text, context) => {
    const message = problemOf(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .describe('a duration such as "PT0.5S" (ISO 8601, without years and months) or "500ms" (Go), not negative');
