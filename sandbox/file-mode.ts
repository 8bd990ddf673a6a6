// Owns: file modes as PicoD takes them (octal text) and prints them (Go's FileMode.String). Pure.
// Does not own: setting them; the umask applies where a file is created.

const DEFAULT_MODE = 0o644;
const MAX_MODE = 0o777;
const TYPE_MASK = 0o170000;
const TYPE_LETTERS: Readonly<Record<number, string>> = {
  0o040000: 'd',
  0o120000: 'L',
  0o060000: 'D',
  0o020000: 'Dc',
  0o010000: 'p',
  0o140000: 'S',
};

/** Parses `0644`, `755`. As PicoD does, whatever is not octal or is beyond 0777 silently means 0644. */
export function parseFileMode(text: string | undefined): number {
  if (text === undefined || !/^[0-7]+$/.test(text)) return DEFAULT_MODE;
  const mode = Number.parseInt(text, 8);
  return mode > MAX_MODE ? DEFAULT_MODE : mode;
}

const special = (mode: number): string =>
  (mode & 0o4000 ? 'u' : '') + (mode & 0o2000 ? 'g' : '') + (mode & 0o1000 ? 't' : '');

/** Prints st_mode like `ls`: `-rw-r--r--`, `drwxr-xr-x`, `Lrwxrwxrwx`; Go puts u, g, t in front (`dtrwxrwxrwx`). */
export function formatFileMode(mode: number): string {
  const type = TYPE_LETTERS[mode & TYPE_MASK] ?? '';
  const letters = type === 'Dc' ? `D${special(mode & ~0o1000)}c` : type + special(mode);
  const bits = [...'rwxrwxrwx'].map((bit, index) => (mode & (1 << (8 - index)) ? bit : '-')).join('');
  return (letters === '' ? '-' : letters) + bits;
}
