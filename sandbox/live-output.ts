// Owns: a command's output as lines of JSON while it runs: {"stdout": text}, {"stderr": text}, and how it ended as the last one.
// Does not own: running (run-command.ts), sending (send.ts). A reader that is slow slows the command down, so memory is bounded;
// one that goes away ends it. Text is never cut within a character.
import type { Readable } from 'node:stream';
import { stream, stringDecoder } from './builtins.ts';
import type { Running, Taker, Takers } from './run-command.ts';

/** Lines that wait for the reader, in bytes, before the command has to wait, too. */
const MOST_WAITING = 256 * 1024;

type Name = 'stdout' | 'stderr';

class Texts implements Taker {
  bytesSeen = 0;
  private readonly decoder = new (stringDecoder().StringDecoder)('utf8');
  private readonly live: LiveOutput;
  private readonly name: Name;

  constructor(live: LiveOutput, name: Name) {
    this.live = live;
    this.name = name;
  }

  get isFull(): boolean {
    return this.live.isFull;
  }

  add(chunk: Buffer): void {
    this.bytesSeen += chunk.length;
    this.tell(this.decoder.write(chunk));
  }

  /** What is left of a character that never became whole. */
  end(lastWords = ''): void {
    this.tell(this.decoder.end() + lastWords);
  }

  private tell(text: string): void {
    if (text !== '') this.live.push({ [this.name]: text });
  }
}

export class LiveOutput {
  /** The lines; destroying it ends the command. */
  readonly lines: Readable;
  isFull = false;
  private readonly stdout = new Texts(this, 'stdout');
  private readonly stderr = new Texts(this, 'stderr');
  private running: Running | undefined;
  private isLeft = false;

  constructor() {
    this.lines = new (stream().Readable)({
      highWaterMark: MOST_WAITING,
      read: () => this.flow(),
      destroy: (fault, done) => {
        this.leave();
        done(fault);
      },
    });
  }

  get takers(): Takers {
    return { stdout: this.stdout, stderr: this.stderr, onStart: (running) => this.start(running) };
  }

  push(told: object): void {
    if (this.isLeft || this.lines.push(`${JSON.stringify(told)}\n`)) return;
    this.isFull = true;
    this.running?.pause();
  }

  /** @param lastWords for stderr. @param told the last line. */
  end(lastWords: string, told: object): void {
    this.stdout.end();
    this.stderr.end(lastWords);
    this.push(told);
    if (!this.isLeft) this.lines.push(null);
  }

  /** The connection is broken off: an end that did not come is not told. */
  fail(fault: unknown): void {
    this.lines.destroy(fault instanceof Error ? fault : new Error(String(fault)));
  }

  private start(running: Running): void {
    this.running = running;
    if (this.isLeft) running.kill();
  }

  private flow(): void {
    if (!this.isFull) return;
    this.isFull = false;
    this.running?.resume();
  }

  /** Nobody reads any more; after the end that means nothing. */
  private leave(): void {
    this.isLeft = true;
    if (!this.lines.readableEnded) this.running?.kill();
    this.flow();
  }
}
