// What a command says: results on standard output, everything else on standard error, where it says less with --quiet and more
// with --verbose. Colour and progress only on a terminal.
import { styleText } from 'node:util';
import { wantsColour, write, type Io } from '../io.ts';
import { Progress } from './progress.ts';

export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red';
export type Volume = 'quiet' | 'normal' | 'verbose';

export class Out {
  readonly #io: Io;
  readonly volume: Volume;

  constructor(io: Io, volume: Volume) {
    this.#io = io;
    this.volume = volume;
  }

  /** A result: a line of standard output. */
  line(text: string): Promise<void> {
    return write(this.#io.stdout, `${text}\n`);
  }

  lines(texts: readonly string[]): Promise<void> {
    return texts.length === 0 ? Promise.resolve() : this.line(texts.join('\n'));
  }

  /** A result as it is. */
  raw(chunk: string | Uint8Array): Promise<void> {
    return write(this.#io.stdout, chunk);
  }

  /** What another program said on its standard error. */
  rawError(chunk: string | Uint8Array): Promise<void> {
    return write(this.#io.stderr, chunk);
  }

  /** Good to know, and no result. */
  note(text: string): void {
    if (this.volume !== 'quiet') this.#io.stderr.write(`${this.paint('dim', text, this.#io.stderr)}\n`);
  }

  warn(text: string): void {
    this.#io.stderr.write(`${this.paint('yellow', 'warning:', this.#io.stderr)} ${text}\n`);
  }

  /** Only for whoever asked for it. */
  trace(text: string): void {
    if (this.volume === 'verbose') this.#io.stderr.write(`${this.paint('dim', text, this.#io.stderr)}\n`);
  }

  paint(style: Style, text: string, sink = this.#io.stdout): string {
    return wantsColour(this.#io, sink) ? styleText(style, text, { validateStream: false }) : text;
  }

  /** Shown while the work lasts, where somebody looks. */
  async during<T>(what: string, work: () => Promise<T>): Promise<T> {
    const shown = this.#io.stderr.isTTY === true && this.volume !== 'quiet';
    const progress = shown ? new Progress(this.#io.stderr, what) : undefined;
    try {
      return await work();
    } finally {
      progress?.end();
    }
  }
}
