// The patterns of LIKE: `%` is any text, `_` one character, `\%` and `\_` are themselves (CESQL 1.0, section 3.4.3).
// Does not own operands. Nothing is ever tried twice: a match takes time in proportion to the text, times 1/32 of the
// pattern's longest run between two `%`, whatever text and pattern are.
// A character is a Unicode code point. Patterns are well-formed, texts need not be.

/** Stands for any one character in a run. */
const any = -1;

/** What stands between two `%`. */
interface Run {
  /** The offset behind the run when the text goes on with it at `from`, else -1. */
  at(text: string, from: number): number;
  /** The offset behind the first place at or after `from` where the run is, else -1. */
  after(text: string, from: number): number;
  /** Whether the text ends with the run, and that not before `from`. */
  ends(text: string, from: number): boolean;
}

/** A short run without `_` is searched for by the engine itself; for a long one it may take quadratic time. */
const longestSearched = 16;

class LiteralRun implements Run {
  readonly #literal: string;

  constructor(literal: string) {
    this.#literal = literal;
  }

  at(text: string, from: number): number {
    return text.startsWith(this.#literal, from) ? from + this.#literal.length : -1;
  }

  after(text: string, from: number): number {
    const at = text.indexOf(this.#literal, from);
    return at < 0 ? -1 : at + this.#literal.length;
  }

  ends(text: string, from: number): boolean {
    return text.length - this.#literal.length >= from && text.endsWith(this.#literal);
  }
}

const widthOf = (code: number): number => (code > 0xffff ? 2 : 1);

/** Where the last `count` characters of a text begin; -1 when it has fewer. */
export function offsetFromEnd(text: string, count: number): number {
  let at = text.length;
  for (let left = count; left > 0; left -= 1) {
    if (at === 0) return -1;
    at -= at > 1 && widthOf(text.codePointAt(at - 2) ?? 0) === 2 ? 2 : 1;
  }
  return at;
}

/** Searches by Shift-And: bit k of the state says that the last k + 1 characters are the run's first (Baeza-Yates and Gonnet, CACM 1992). */
class WildRun implements Run {
  readonly #codes: readonly number[];
  /** For each character of the run, the places where it may stand; for all others, those of `_`. */
  readonly #places = new Map<number, Int32Array>();
  readonly #placesOfOthers: Int32Array;

  constructor(codes: readonly number[]) {
    this.#codes = codes;
    this.#placesOfOthers = this.#placesWhere((code) => code === any);
    for (const code of new Set(codes))
      if (code !== any)
        this.#places.set(
          code,
          this.#placesWhere((other) => other === code || other === any),
        );
  }

  #placesWhere(matches: (code: number) => boolean): Int32Array {
    const words = new Int32Array(Math.ceil(this.#codes.length / 32));
    for (const [place, code] of this.#codes.entries())
      if (matches(code)) words[place >>> 5] = (words[place >>> 5] ?? 0) | (1 << (place & 31));
    return words;
  }

  at(text: string, from: number): number {
    let at = from;
    for (const wanted of this.#codes) {
      const code = text.codePointAt(at);
      if (code === undefined || (wanted !== any && wanted !== code)) return -1;
      at += widthOf(code);
    }
    return at;
  }

  after(text: string, from: number): number {
    const last = this.#codes.length - 1;
    const state = new Int32Array(this.#placesOfOthers.length);
    for (let at = from; at < text.length;) {
      const code = text.codePointAt(at) ?? 0;
      at += widthOf(code);
      this.#advance(state, this.#places.get(code) ?? this.#placesOfOthers);
      if ((((state[last >>> 5] ?? 0) >>> (last & 31)) & 1) === 1) return at;
    }
    return -1;
  }

  #advance(state: Int32Array, places: Int32Array): void {
    let carry = 1;
    for (let word = 0; word < state.length; word += 1) {
      const bits = state[word] ?? 0;
      state[word] = ((bits << 1) | carry) & (places[word] ?? 0);
      carry = bits >>> 31;
    }
  }

  ends(text: string, from: number): boolean {
    const at = offsetFromEnd(text, this.#codes.length);
    return at >= from && this.at(text, at) === text.length;
  }
}

function runOf(codes: readonly number[]): Run {
  if (codes.includes(any) || codes.length > longestSearched) return new WildRun(codes);
  return new LiteralRun(String.fromCodePoint(...codes));
}

/** The characters between the `%` of a pattern; one list more than there are `%`. */
function codesOf(pattern: string): number[][] {
  const characters = [...pattern];
  const runs: number[][] = [[]];
  for (let i = 0; i < characters.length; i += 1) {
    const escaped = characters[i] === '\\' && (characters[i + 1] === '%' || characters[i + 1] === '_');
    if (escaped) i += 1;
    const character = characters[i] ?? '';
    if (!escaped && character === '%') runs.push([]);
    else runs.at(-1)?.push(!escaped && character === '_' ? any : (character.codePointAt(0) ?? any));
  }
  return runs;
}

/** A predicate that says whether a text matches the pattern of a LIKE. */
export function likeMatcher(pattern: string): (text: string) => boolean {
  const all = codesOf(pattern);
  const first = runOf(all[0] ?? []);
  if (all.length === 1) return (text) => first.at(text, 0) === text.length;
  const last = runOf(all.at(-1) ?? []);
  const between = all
    .slice(1, -1)
    .filter((codes) => codes.length > 0)
    .map(runOf);
  return (text) => {
    let at = first.at(text, 0);
    for (let i = 0; i < between.length && at >= 0; i += 1) at = between[i]?.after(text, at) ?? -1;
    return at >= 0 && last.ends(text, at);
  };
}
