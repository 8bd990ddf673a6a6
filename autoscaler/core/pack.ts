// Weights as short text: what scalers have learned travels and is kept for ten thousand runtimes.
// Weights are kept to within an eighth (`pack`) or a hundredth (`packFine`): they are what was counted once, and fade anyway.
// Invariant: what is packed, unpacked and packed again is the same text. Text that is not of this making is read as nothing.

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** Stands before a letter that says how many zeros follow. */
const zeros = '.';

interface Scale {
  readonly letters: number;
  /** Steps for each doubling, and the step that weight 1 has. */
  readonly steps: number;
  readonly one: number;
}

const coarse: Scale = { letters: 1, steps: 3, one: 18 };
const fine: Scale = { letters: 2, steps: 64, one: 1_024 };

const most = (scale: Scale): number => alphabet.length ** scale.letters - 1;

function letters(value: number, count: number): string {
  let text = '';
  for (let rest = value, at = 0; at < count; at += 1, rest = Math.floor(rest / alphabet.length))
    text = (alphabet[rest % alphabet.length] ?? '') + text;
  return text;
}

function packed(weights: ArrayLike<number>, scale: Scale): string {
  let text = '';
  let skipped = 0;
  for (let at = 0; at < weights.length; at += 1) {
    const weight = weights[at] ?? 0;
    const step = weight > 0 ? Math.round(scale.steps * Math.log2(weight)) + scale.one : 0;
    if (step < 1) {
      skipped += 1;
      continue;
    }
    text += gap(skipped) + letters(Math.min(most(scale), step), scale.letters);
    skipped = 0;
  }
  return text;
}

function gap(count: number): string {
  let text = '';
  for (let left = count; left > 0; left -= alphabet.length - 1)
    text += zeros + letters(Math.min(left, alphabet.length - 1), 1);
  return text;
}

function unpacked(text: string, length: number, scale: Scale): Float64Array {
  const weights = new Float64Array(length);
  let at = 0;
  for (let place = 0; place < text.length && at < length;) {
    if (text[place] === zeros) {
      at += Math.max(0, alphabet.indexOf(text[place + 1] ?? ''));
      place += 2;
      continue;
    }
    let step = 0;
    for (let letter = 0; letter < scale.letters; letter += 1, place += 1)
      step = step * alphabet.length + Math.max(0, alphabet.indexOf(text[place] ?? ''));
    weights[at] = 2 ** ((step - scale.one) / scale.steps);
    at += 1;
  }
  return weights;
}

/** To within an eighth, from a sixtieth to thirty thousand; what is less is nothing. */
export const pack = (weights: ArrayLike<number>): string => packed(weights, coarse);
export const unpack = (text: string, length: number): Float64Array => unpacked(text, length, coarse);

/** To within a hundredth, over sixty-four doublings. */
export const packFine = (weights: ArrayLike<number>): string => packed(weights, fine);
export const unpackFine = (text: string, length: number): Float64Array => unpacked(text, length, fine);

/** A number to five digits. */
export const short = (value: number): number => Number(value.toPrecision(5));
