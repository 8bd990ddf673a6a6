// Owns: Go's base64.StdEncoding.DecodeString: padding required, line breaks skipped, refusals in Go's words. Pure.
// Does not own: what is decoded. Node's own decoder accepts almost anything, so the text is checked first.

export type Decoded = { ok: true; bytes: Buffer } | { ok: false; error: string };

/** A search for the first odd character needs no backtracking, so the length of the text does not matter. */
function isStrict(text: string): boolean {
  const end = text.search(/[^A-Za-z0-9+/]/);
  return text.length % 4 === 0 && (end === -1 || /^={1,2}$/.test(text.slice(end)));
}

/** The offset Go names: of the first character that cannot stand there, or of the group that ends too early. */
function firstBad(text: string): number {
  let inGroup = 0;
  let groupStart = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '\n' || char === '\r') continue;
    if (inGroup === 0) groupStart = at;
    if (char === '=') return inGroup < 2 ? at : badPadding(text, at, inGroup);
    if (!/[A-Za-z0-9+/]/.test(char)) return at;
    inGroup = (inGroup + 1) % 4;
  }
  return groupStart;
}

function badPadding(text: string, at: number, inGroup: number): number {
  const rest = text.slice(at + 1).replace(/[\r\n]/g, '');
  if (inGroup === 2 && rest === '') return text.length;
  if (inGroup === 2 && !rest.startsWith('=')) return at;
  return at + (inGroup === 2 ? 2 : 1);
}

/** Decodes padded standard base64; `illegal base64 data at input byte <n>` otherwise. */
export function decodeBase64(text: string): Decoded {
  const joined = /[\r\n]/.test(text) ? text.replace(/[\r\n]/g, '') : text;
  if (isStrict(joined)) return { ok: true, bytes: Buffer.from(joined, 'base64') };
  return { ok: false, error: `illegal base64 data at input byte ${firstBad(text)}` };
}
