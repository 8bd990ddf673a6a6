// Two terminals as a new user has them: one in which the platform runs, one for everything else. A shell keeps what was exported
// from one command to the next. Does not know README.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

export interface TerminalOptions {
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told of all that is printed, as it comes. */
  readonly onPrinted: (text: string) => void;
}

export interface Printed {
  readonly lines: readonly string[];
  readonly exitCode: number;
}

/** What the shell prints after each command; no program prints this. */
const mark = '\u0001ended:';
const stopsWithinMs = 60_000;

export class Terminal {
  readonly #shell: ChildProcess;
  readonly #onPrinted: (text: string) => void;
  #text = '';

  constructor({ folder, env, onPrinted }: TerminalOptions) {
    this.#onPrinted = onPrinted;
    this.#shell = spawn('bash', ['--norc'], {
      cwd: folder,
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    });
    this.#shell.stdout?.setEncoding('utf8').on('data', (piece: string) => this.#heard(piece));
    // Both streams on one, as a terminal has them: in the order in which they are written.
    this.#shell.stdin?.write('exec 2>&1\n');
  }

  #heard(piece: string): void {
    this.#text += piece;
    const visible = piece.replace(new RegExp(`${mark}\\d+\\n?`), '');
    if (visible !== '') this.#onPrinted(visible);
  }

  /** Types a command and waits until it ended. Rejects when it takes longer than `withinMs`. */
  async run(command: string, withinMs: number): Promise<Printed> {
    this.#text = '';
    this.#shell.stdin?.write(
      `{ ${command}\n} </dev/null; printf '${mark.replace('\u0001', '\\001')}%d\\n' $?\n`,
    );
    const ended = await this.#until(new RegExp(`${mark}(\\d+)\\n`), withinMs, command);
    const lines = this.#text.slice(0, ended.index).split('\n');
    return { lines, exitCode: Number(ended[1]) };
  }

  /** Types a command that goes on, and waits until it printed this. */
  async begin(command: string, printed: RegExp, withinMs: number): Promise<readonly string[]> {
    this.#text = '';
    this.#shell.stdin?.write(`exec ${command} </dev/null\n`);
    await this.#until(printed, withinMs, command);
    return this.#text.split('\n');
  }

  async #until(wanted: RegExp, withinMs: number, command: string): Promise<RegExpExecArray> {
    const end = Date.now() + withinMs;
    for (;;) {
      const found = wanted.exec(this.#text);
      if (found) return found;
      if (Date.now() > end || this.#shell.exitCode !== null)
        throw new Error(`${command}\ndid not come to its end; it printed:\n${this.#text}`);
      await sleep(20);
    }
  }

  /** Ctrl-C, and then whatever is needed until nothing of it runs. */
  async close(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#shell;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const gone = once(this.#shell, 'exit');
    process.kill(-pid, 'SIGINT');
    this.#shell.stdin?.end();
    const timer = setTimeout(() => process.kill(-pid, 'SIGKILL'), stopsWithinMs);
    await gone.finally(() => clearTimeout(timer));
  }
}
