// What a command may touch of its process: streams, environment, folder, and the wish to stop. Tests hand over their own.
// Does not own the process (main.ts).
import type { Readable, Writable } from 'node:stream';

export type Source = Readable & { readonly isTTY?: boolean };
export type Sink = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export interface Io {
  readonly stdin: Source;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly cwd: string;
  /** The person's home folder; absolute. */
  readonly home: string;
  /** Aborted by Ctrl-C, and when nobody reads the output any more. */
  readonly signal: AbortSignal;
}

/** A variable that is set to something. */
export const variable = ({ env }: Pick<Io, 'env'>, name: string): string | undefined =>
  env[name] === '' ? undefined : env[name];

/** Colour is for terminals, and for nobody who said no. */
export const wantsColour = (io: Pick<Io, 'env'>, sink: Sink): boolean =>
  sink.isTTY === true && variable(io, 'NO_COLOR') === undefined && io.env.TERM !== 'dumb';

/** Writes and waits where the reader is slow. Resolves at once when it has left. */
export async function write(sink: Sink, chunk: string | Uint8Array): Promise<void> {
  if (sink.destroyed || sink.write(chunk)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      sink.off('drain', done);
      sink.off('close', done);
      resolve();
    };
    sink.once('drain', done);
    sink.once('close', done);
  });
}
