// Whether a terminal printed what README shows. The same but for what differs from run to run: ids, times, dates, sizes of
// processes. `…` in README stands for anything within a line, and on a line by itself for any number of lines.

const volatile: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<id>'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?/g, '<date>'],
  [/\bdur=\d+(\.\d+)?/g, 'dur=<ms>'],
  [/\b\d+(\.\d+)? ?(ms|s|m|h|d)\b/g, '<span>'],
  [/\b(\d+[hms]){2,3}\b/g, '<span>'],
  [/ {2,}/g, '  '],
];

/** What differs from run to run gets one name; columns may be wider. */
export const steady = (line: string): string =>
  volatile.reduce((text, [what, name]) => text.replace(what, name), line).trimEnd();

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const isLike = (shown: string, printed: string): boolean =>
  new RegExp(`^${steady(shown).split('…').map(escaped).join('.*')}$`).test(steady(printed));

/** Of lines with `…` lines between them: each run of lines is found after the one before, the first and last at the ends. */
function matches(shown: readonly string[], printed: readonly string[]): boolean {
  const [first, ...rest] = shown;
  if (first === undefined) return printed.length === 0;
  if (first.trim() === '…')
    return Array.from({ length: printed.length + 1 }, (_, index) => index).some((from) =>
      matches(rest, printed.slice(from)),
    );
  const [line, ...others] = printed;
  return line !== undefined && isLike(first, line) && matches(rest, others);
}

const trimmed = (lines: readonly string[]): readonly string[] => {
  const from = lines.findIndex((line) => line.trim() !== '');
  const to = lines.findLastIndex((line) => line.trim() !== '');
  return from < 0 ? [] : lines.slice(from, to + 1);
};

/** Empty lines at both ends do not count. */
export const isShown = (shown: readonly string[], printed: readonly string[]): boolean =>
  matches(trimmed(shown), trimmed(printed));
