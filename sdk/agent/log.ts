// Owns: one line of JSON for each thing that an agent logs, with the session, turn and trace that it belongs to.
// Does not own where lines go: standard output, which the platform keeps, unless a test says otherwise.

/** How much a line matters. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What goes with a message. An Error among the values is written with its message and stack. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes structured lines: `context.log.info('indexed', { files: 12 })`. */
export type Log = Readonly<Record<LogLevel, (message: string, fields?: LogFields) => void>>;

const order: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** Where lines go, which are left out, and what time they bear. */
export interface LogOptions {
  readonly write: (line: string) => void;
  readonly level: LogLevel;
  readonly now: () => number;
}

const told = (value: unknown): unknown =>
  value instanceof Error
    ? {
        ...value,
        name: value.name,
        message: value.message,
        stack: value.stack,
        ...(value.cause !== undefined && { cause: told(value.cause) }),
      }
    : value;

/** Logging never fails its caller: what JSON cannot hold (a cycle) is left out, and the line says so. */
function line(fields: Record<string, unknown>): string {
  try {
    return JSON.stringify(fields, (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : told(value),
    );
  } catch (fault) {
    const { time, level, message } = fields;
    return JSON.stringify({ time, level, message, unloggable: String(fault) });
  }
}

/** A log whose lines all bear the `bound` fields. */
export function createLog(options: LogOptions, bound: LogFields = {}): Log {
  const at = (level: LogLevel) => (message: string, fields?: LogFields) => {
    if (order.indexOf(level) < order.indexOf(options.level)) return;
    const time = new Date(options.now()).toISOString();
    options.write(line({ time, level, message, ...bound, ...fields }));
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
