// What an attribute's HTTP header says (CloudEvents HTTP binding 1.0.2, section 3.1.3.2). Does not own which headers are
// attributes, nor which values an attribute may have.

/** Neither a quotation mark nor an escape, and nothing outside of ASCII. */
const asItIs = /^[ !#$&-~]*$/;
const escapes = /%([0-9a-f]{2})/gi;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text between quotation marks (RFC 9110, section 5.6.4); any other value as it is. */
const unquoted = (value: string): string =>
  /^"(?:[^"\\]|\\.)*"$/s.test(value) ? value.slice(1, -1).replace(/\\(.)/gs, '$1') : value;

/**
 * The text that a header's value means: quotation marks and one round of percent escapes undone. `value` has a character for each
 * byte, as Node gives it. Bytes beyond ASCII that were not escaped are taken for UTF-8, and a percent sign that begins no escape
 * for itself, since senders of older versions escape nothing. Undefined when the bytes are not UTF-8.
 */
export function headerText(value: string): string | undefined {
  if (asItIs.test(value)) return value;
  const bytes = unquoted(value).replace(escapes, (_, code: string) =>
    String.fromCharCode(parseInt(code, 16)),
  );
  try {
    return utf8.decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)));
  } catch {
    return undefined;
  }
}
