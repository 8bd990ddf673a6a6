// A recording of a terminal in asciinema's format (asciicast v2: a line about it, then one for each piece of output).

type Piece = readonly [seconds: number, kind: 'o', text: string];

const prompt = '\u001b[32m$\u001b[0m ';

export class Recording {
  readonly #began: number;
  readonly #now: () => number;
  readonly #pieces: Piece[] = [];

  /** `now`: milliseconds that only grow. */
  constructor(now: () => number) {
    this.#now = now;
    this.#began = now();
  }

  typed(command: string): void {
    this.printed(`${prompt}${command}\n`);
  }

  printed(text: string): void {
    const seconds = Math.round(this.#now() - this.#began) / 1_000;
    this.#pieces.push([seconds, 'o', text.replaceAll('\n', '\r\n')]);
  }

  /** The file's text. */
  toString(): string {
    const about = { version: 2, width: 130, height: 40, title: 'agentcube: the first ten minutes' };
    return [about, ...this.#pieces].map((line) => `${JSON.stringify(line)}\n`).join('');
  }
}
