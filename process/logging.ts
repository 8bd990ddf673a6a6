// The log of a program: JSON lines, to a file or to standard error. Does not own what is said to people on standard output.
import { pino, type Logger } from 'pino';
import { asPlatformError, PlatformError } from '../model/errors.ts';

export type Log = (message: string, fields: Readonly<Record<string, unknown>>) => void;

/** `file` of - is standard error. */
export const openLog = (file: string, level: string): Logger =>
  pino({ level }, pino.destination({ dest: file === '-' ? 2 : file, sync: true }));

/** How long the same words about a store that is away are only counted (ms): everything that tries again says them. */
const quietMs = 10_000;

interface Said {
  readonly at: number;
  left: number;
}

/** An expected failure is told by its code and words, any other fault with its stack. */
function faultFields(fault: unknown): Readonly<Record<string, unknown>> {
  if (!(fault instanceof PlatformError)) return { err: fault };
  const { reason } = fault.details;
  return { code: fault.code, why: fault.message, ...(reason !== undefined && { reason }) };
}

/** As the parts of a program log: what is worth a look. `now` in ms, never going back. */
export function warnings(logger: Logger, now: () => number = () => performance.now()): Log {
  const said = new Map<string, Said>();
  return (message, { fault, ...fields }) => {
    if (fault === undefined) return logger.warn(fields, message);
    const away = asPlatformError(fault).code === 'STORE_UNAVAILABLE';
    const before = away ? said.get(message) : undefined;
    if (before && now() - before.at < quietMs) return void (before.left += 1);
    if (away) said.set(message, { at: now(), left: 0 });
    const again = before && before.left > 0 ? { timesSinceLastSaid: before.left } : {};
    logger.warn({ ...fields, ...faultFields(fault), ...again }, message);
  };
}
