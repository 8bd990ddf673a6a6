// One line of a terminal that says what takes so long, and is gone afterwards. What is over soon is never shown.
import type { Sink } from '../io.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const everyMs = 100;
/** A shorter wait is none. */
const afterMs = 400;
const clear = '\r\u001b[K';

export class Progress {
  readonly #sink: Sink;
  readonly #what: string;
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  #drawn = 0;

  constructor(sink: Sink, what: string) {
    this.#sink = sink;
    this.#what = what;
    this.#timer = setInterval(() => this.#draw(), everyMs);
    this.#timer.unref();
  }

  #draw(): void {
    const waited = performance.now() - this.#startedAt;
    if (waited < afterMs) return;
    const frame = frames[this.#drawn % frames.length];
    this.#drawn += 1;
    const line = `${frame} ${this.#what} ${Math.floor(waited / 1_000)}s`;
    this.#sink.write(`${clear}${line.slice(0, (this.#sink.columns ?? 80) - 1)}`);
  }

  /** Leaves the terminal as it was. */
  end(): void {
    clearInterval(this.#timer);
    if (this.#drawn > 0) this.#sink.write(clear);
  }
}
