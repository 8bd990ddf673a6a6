// Spans of time as people type them: `30s`, `2m`, `1h30m`, a bare number of seconds.
import { misused } from './failure.ts';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** In ms; undefined when nothing was given. Throws for what is no span; `name` is the flag's. */
export function readSpan(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1_000;
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text))
    throw misused(`${name} ${text}: not a time`, 'such as 30s, 2m or 1h30m');
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g);
  return [...parts].reduce((sum, [, count = '0', unit = 's']) => sum + Number(count) * (units[unit] ?? 0), 0);
}
