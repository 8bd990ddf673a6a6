// Cuts the text of a CESQL expression into tokens. Does not own the grammar (parser.ts).
// Literals, words and white space are those of CESQL 1.0, section 2, and of its ANTLR lexer where the text leaves it open.
import { Unreadable } from './problem.ts';

export type TokenKind = 'string' | 'number' | 'word' | 'keyword' | 'symbol' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As it stands, but keywords in upper case and strings without quotes and escapes. */
  readonly text: string;
  /** Offsets in UTF-16 units; `end` is behind the token. */
  readonly at: number;
  readonly end: number;
}

const keywords: ReadonlySet<string> = new Set([
  'AND',
  'OR',
  'XOR',
  'NOT',
  'LIKE',
  'EXISTS',
  'IN',
  'TRUE',
  'FALSE',
]);

const space = /[ \t\r\n]*/y;
const word = /[A-Za-z0-9_]+/y;
const symbol = /!=|<>|<=|>=|[-+*/%=<>(),]/y;
// A backslash takes the next character with it, whatever it is; only one before the quote itself then vanishes.
const singleQuoted = /'((?:\\[^]|[^'\\])*)'/y;
const doubleQuoted = /"((?:\\[^]|[^"\\])*)"/y;

function matchAt(shape: RegExp, text: string, at: number): RegExpExecArray | null {
  shape.lastIndex = at;
  return shape.exec(text);
}

const pair = /\\([^])/g;

/** What a string literal stands for: `\'` in single quotes is `'`, every other backslash stays. */
const withoutEscapes = (inside: string, quote: string): string =>
  inside.replace(pair, (both, escaped: string) => (escaped === quote ? quote : both));

function stringAt(text: string, at: number): Token {
  const quote = text[at] ?? '';
  const match = matchAt(quote === "'" ? singleQuoted : doubleQuoted, text, at);
  if (match === null) throw new Unreadable(at, 'the string does not end', `a closing ${quote}`);
  const [whole, inside = ''] = match;
  const end = at + whole.length;
  // SQL doubles a quote to escape it. Two strings side by side are an error anyway; say what to write instead.
  if (text[end] === quote)
    throw new Unreadable(end, 'a quote is not escaped by another', `\\${quote} for a ${quote} in a string`);
  return { kind: 'string', text: withoutEscapes(inside, quote), at, end };
}

function wordAt(text: string, at: number): Token | undefined {
  const whole = matchAt(word, text, at)?.[0];
  if (whole === undefined) return undefined;
  const end = at + whole.length;
  const upper = whole.toUpperCase();
  if (keywords.has(upper)) return { kind: 'keyword', text: upper, at, end };
  return { kind: /^\d+$/.test(whole) ? 'number' : 'word', text: whole, at, end };
}

/** A character as a message shows it; one that cannot be seen by its number. */
function shown(text: string, at: number): string {
  const code = text.codePointAt(at) ?? 0;
  const character = String.fromCodePoint(code);
  return /[\p{C}\p{Z}]/u.test(character)
    ? `the character U+${code.toString(16).toUpperCase().padStart(4, '0')}`
    : `the character ${JSON.stringify(character)}`;
}

function tokenAt(text: string, at: number): Token {
  if (at === text.length) return { kind: 'end', text: '', at, end: at };
  if (text[at] === "'" || text[at] === '"') return stringAt(text, at);
  const found = wordAt(text, at);
  if (found !== undefined) return found;
  const sign = matchAt(symbol, text, at)?.[0];
  if (sign === undefined)
    throw new Unreadable(at, `${shown(text, at)} has no meaning here`, 'a name, a literal or an operator');
  return { kind: 'symbol', text: sign === '<>' ? '!=' : sign, at, end: at + sign.length };
}

/** The tokens of a text, the last of kind `end`. Throws `Unreadable`. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; tokens.at(-1)?.kind !== 'end'; at = tokens.at(-1)?.end ?? at) {
    tokens.push(tokenAt(text, at + (matchAt(space, text, at)?.[0].length ?? 0)));
  }
  return tokens;
}
