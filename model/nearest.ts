// "Did you mean …?": the known word nearest to a misspelt one. Does not own any vocabulary.

/** How many letters must be put in, taken out or changed to get from one word to the other (Levenshtein). */
export function editDistance(one: string, other: string): number {
  let above = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (const [row, letter] of [...one].entries()) {
    const line = [row + 1];
    for (let column = 0; column < other.length; column++) {
      const swap = (above[column] ?? 0) + (letter === other[column] ? 0 : 1);
      line.push(Math.min(swap, (above[column + 1] ?? 0) + 1, (line[column] ?? 0) + 1));
    }
    above = line;
  }
  return above[other.length] ?? 0;
}

/**
 * The known word that was probably meant, or undefined when none is near enough to be a slip of the keyboard:
 * two letters in five may be wrong, and letters differing in case alone count for nothing.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > 60) return undefined;
  const wanted = word.toLowerCase();
  let best: { name: string; distance: number } | undefined;
  for (const name of known) {
    const candidate = name.toLowerCase();
    const distance = editDistance(wanted, candidate);
    const allowed = Math.max(1, Math.round(0.4 * Math.max(wanted.length, candidate.length)));
    if (distance <= allowed && distance < (best?.distance ?? Infinity)) best = { name, distance };
  }
  return best?.name;
}
