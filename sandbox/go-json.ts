// Owns: the words of Go's encoding/json for input it refuses, and where the first JSON value of a body ends. Pure.
// Does not own: what the value must look like (go-bind.ts). Runs only when JSON.parse refused the whole body.
// Works on bytes as Latin-1, because Go reports the offending byte and not the character.

export type FirstValue = { ok: true; end: number } | { ok: false; error: string };

class Refused extends Error {}

const NUMBER_PLACES = {
  start: 'in numeric literal',
  fraction: 'after decimal point in numeric literal',
  exponent: 'in exponent of numeric literal',
};

function quoteByte(char: string): string {
  if (char === "'") return String.raw`'\''`;
  if (char === '"') return `'"'`;
  const code = char.charCodeAt(0);
  const shown = code < 32 || (code >= 127 && code < 161) ? goEscape(code) : char === '\\' ? '\\\\' : char;
  return `'${shown}'`;
}

function goEscape(code: number): string {
  const short: Record<number, string> = { 7: 'a', 8: 'b', 9: 't', 10: 'n', 11: 'v', 12: 'f', 13: 'r' };
  const letter = short[code];
  if (letter !== undefined) return `\\${letter}`;
  const hex = code.toString(16);
  return code < 128 ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`;
}

/** A cursor over the text; every refusal is thrown as Refused with Go's words. */
class Scanner {
  at = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  peek(): string {
    return this.text.charAt(this.at);
  }

  skipSpace(): void {
    while (this.peek() !== '' && ' \t\r\n'.includes(this.peek())) this.at += 1;
  }

  refuse(context: string): never {
    if (this.at >= this.text.length) throw new Refused('unexpected EOF');
    throw new Refused(`invalid character ${quoteByte(this.peek())} ${context}`);
  }

  expect(char: string, context: string): void {
    if (this.peek() !== char) this.refuse(context);
    this.at += 1;
  }

  value(): void {
    this.skipSpace();
    const char = this.peek();
    if (char === '{') this.object();
    else if (char === '[') this.array();
    else if (char === '"') this.string();
    else if (char === 't') this.literal('true');
    else if (char === 'f') this.literal('false');
    else if (char === 'n') this.literal('null');
    else if (char !== '' && '-0123456789'.includes(char)) this.number();
    else this.refuse('looking for beginning of value');
  }

  private object(): void {
    this.at += 1;
    this.skipSpace();
    if (this.peek() === '}') {
      this.at += 1;
      return;
    }
    for (;;) {
      this.skipSpace();
      if (this.peek() !== '"') this.refuse('looking for beginning of object key string');
      this.string();
      this.skipSpace();
      this.expect(':', 'after object key');
      this.value();
      this.skipSpace();
      if (this.peek() !== ',') break;
      this.at += 1;
    }
    this.expect('}', 'after object key:value pair');
  }

  private array(): void {
    this.at += 1;
    this.skipSpace();
    if (this.peek() === ']') {
      this.at += 1;
      return;
    }
    for (;;) {
      this.value();
      this.skipSpace();
      if (this.peek() !== ',') break;
      this.at += 1;
    }
    this.expect(']', 'after array element');
  }

  private string(): void {
    this.at += 1;
    for (;;) {
      const char = this.peek();
      if (char === '' || char < ' ') this.refuse('in string literal');
      this.at += 1;
      if (char === '"') return;
      if (char === '\\') this.escape();
    }
  }

  private escape(): void {
    const char = this.peek();
    if (char === '' || !'"\\/bfnrtu'.includes(char)) this.refuse('in string escape code');
    this.at += 1;
    for (let digit = 0; char === 'u' && digit < 4; digit += 1, this.at += 1) {
      if (!/[0-9a-fA-F]/.test(this.peek())) this.refuse('in \\u hexadecimal character escape');
    }
  }

  private literal(word: string): void {
    for (const [index, char] of [...word].entries()) {
      if (index > 0 || this.peek() === char) {
        this.expect(char, `in literal ${word} (expecting ${quoteByte(char)})`);
      }
    }
  }

  private digits(place: string): void {
    if (!/\d/.test(this.peek())) this.refuse(place);
    while (/\d/.test(this.peek())) this.at += 1;
  }

  private number(): void {
    if (this.peek() === '-') this.at += 1;
    if (this.peek() === '0') this.at += 1;
    else this.digits(NUMBER_PLACES.start);
    if (this.peek() === '.') {
      this.at += 1;
      this.digits(NUMBER_PLACES.fraction);
    }
    if (/[eE]/.test(this.peek())) {
      this.at += 1;
      if (/[+-]/.test(this.peek())) this.at += 1;
      this.digits(NUMBER_PLACES.exponent);
    }
  }
}

/**
 * Finds the end of the first JSON value, as Go's json.Decoder does; what follows it is nobody's business.
 * @param latin1 the body's bytes, one character each.
 * @returns the offset behind the value, or Go's error text (`EOF` for nothing at all, `unexpected EOF` for half a value).
 */
export function firstValue(latin1: string): FirstValue {
  const scanner = new Scanner(latin1);
  scanner.skipSpace();
  if (scanner.at >= latin1.length) return { ok: false, error: 'EOF' };
  try {
    scanner.value();
    return { ok: true, end: scanner.at };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, error: error.message };
    // Nested deeper than the stack: Go gives up at 10,000 levels in these words.
    if (error instanceof RangeError) return { ok: false, error: 'exceeded max depth' };
    throw error;
  }
}
