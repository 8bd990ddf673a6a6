// How the command ends when it could not do what was asked: its exit codes, and an error that carries one, a sentence, and what to do.
// Does not own how errors are printed (run.ts), nor reading those of the platform (http/refusal.ts).

/** Written down in docs/cli.md; a test keeps the two together. `run` and `exec` pass on the program's own code instead. */
export const exitCodes = {
  ok: 0,
  refused: 1,
  usage: 2,
  notFound: 3,
  unreachable: 4,
  timedOut: 5,
  conflict: 6,
  interrupted: 130,
} as const;

export type Ending = Exclude<keyof typeof exitCodes, 'ok'>;

/** An end that the person can do something about. `hint` is what. */
export class CliError extends Error {
  readonly ending: Ending;
  readonly hint: string | undefined;

  constructor(ending: Ending, message: string, hint?: string) {
    super(message);
    this.name = 'CliError';
    this.ending = ending;
    this.hint = hint;
  }
}

/** A command line that cannot be meant. */
export const misused = (message: string, hint?: string): CliError => new CliError('usage', message, hint);

/** Ctrl-C, or whoever reads along has left. */
export const interrupted = (): CliError => new CliError('interrupted', 'interrupted');

/** The text of anything that was thrown, in one line and without a stack. */
export function textOf(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.trim() === '' ? 'no reason was given' : text.trim();
}
