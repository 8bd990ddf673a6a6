// Owns: splitting a command line into words as a POSIX shell does, and as Python's shlex.split does: quotes and backslashes, nothing else.
// Pure. Does not own: running; no variables, globs or pipes are known here.
import { AgentCubeError } from './errors.ts';

/** Blanks that end a word. */
const blank = /[ \t\r\n]/;
/** What a backslash escapes within double quotes. */
const escapable = /["\\]/;

class Splitter {
  readonly #text: string;
  readonly #words: string[] = [];
  #word: string | undefined;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  split(): string[] {
    while (this.#at < this.#text.length) this.#step(this.#next());
    this.#end();
    return this.#words;
  }

  #next(): string {
    this.#at += 1;
    return this.#text.charAt(this.#at - 1);
  }

  #step(char: string): void {
    if (blank.test(char)) this.#end();
    else if (char === "'") this.#single();
    else if (char === '"') this.#double();
    else if (char === '\\') this.#add(this.#needed('an escaped character'));
    else this.#add(char);
  }

  #add(text: string): void {
    this.#word = (this.#word ?? '') + text;
  }

  #end(): void {
    if (this.#word !== undefined) this.#words.push(this.#word);
    this.#word = undefined;
  }

  #needed(what: string): string {
    if (this.#at < this.#text.length) return this.#next();
    throw new AgentCubeError('INVALID_ARGUMENT', `command: ${what} is missing at its end`);
  }

  #single(): void {
    this.#add('');
    for (let char = this.#needed("a '"); char !== "'"; char = this.#needed("a '")) this.#add(char);
  }

  #double(): void {
    this.#add('');
    for (let char = this.#needed('a "'); char !== '"'; char = this.#needed('a "')) {
      if (char !== '\\') {
        this.#add(char);
        continue;
      }
      const escaped = this.#needed('a "');
      this.#add(escapable.test(escaped) ? escaped : `\\${escaped}`);
    }
  }
}

/** The words of a command line. Throws INVALID_ARGUMENT where a quote is not closed. */
export const splitWords = (text: string): string[] => new Splitter(text).split();
