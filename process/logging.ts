// The log of a program: JSON lines, to a file or to standard error. Does not own what is said to people on standard output.
import { pino, type Logger } from 'pino';

export type Log = (message: string, fields: Readonly<Record<string, unknown>>) => void;

/** `file` of - is standard error. */
export const openLog = (file: string, level: string): Logger =>
  pino({ level }, pino.destination({ dest: file === '-' ? 2 : file, sync: true }));

/** As the parts of a program log: what is worth a look. */
export const warnings =
  (logger: Logger): Log =>
  (message, fields) =>
    logger.warn({ ...fields, err: fields.fault }, message);
