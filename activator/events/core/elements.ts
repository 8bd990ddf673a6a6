// Where the elements of a JSON array lie in its text, so that each can be handed on byte for byte.
// Does not own whether the text is JSON: it is read before this is asked, and nothing here may loop or throw for any bytes.

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const [openBracket, openBrace, closeBracket, closeBrace] = [0x5b, 0x7b, 0x5d, 0x7d];

const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Most strings end within so many bytes; of a longer one the end is searched for, which costs more to begin and less to go on. */
const short = 48;

/** Whether what stands before `at` is an odd number of backslashes. */
function isEscaped(json: Uint8Array, at: number): boolean {
  let before = at - 1;
  while (json[before] === backslash) before -= 1;
  return (at - before) % 2 === 0;
}

function endOfLongString(json: Uint8Array, from: number): number {
  let at = json.indexOf(quote, from);
  while (at >= 0 && isEscaped(json, at)) at = json.indexOf(quote, at + 1);
  return at < 0 ? json.length : at;
}

/** Where the string ends that begins at `from`. */
function endOfString(json: Uint8Array, from: number): number {
  let at = from + 1;
  const most = Math.min(json.length, from + short);
  while (at < most && json[at] !== quote) at += json[at] === backslash ? 2 : 1;
  return at < most || most === json.length ? at : endOfLongString(json, at);
}

/** Where the value ends that begins at `from`: at the comma or bracket that follows it. */
function endOfValue(json: Uint8Array, from: number): number {
  let depth = 0;
  for (let at = from; at < json.length; at += 1) {
    const byte = json[at];
    if (byte === quote) at = endOfString(json, at);
    else if (byte === openBrace || byte === openBracket) depth += 1;
    else if (depth === 0 && (byte === comma || byte === closeBracket)) return at;
    else if (byte === closeBrace || byte === closeBracket) depth -= 1;
  }
  return json.length;
}

function trimmed(json: Uint8Array, from: number, to: number): Uint8Array {
  let [start, end] = [from, to];
  while (start < end && isSpace(json[start])) start += 1;
  while (end > start && isSpace(json[end - 1])) end -= 1;
  return json.subarray(start, end);
}

/** The elements of an array, in order, without the space around them; views of the bytes given, which must be a JSON array. */
export function elementsOf(json: Uint8Array): readonly Uint8Array[] {
  const elements: Uint8Array[] = [];
  let from = json.indexOf(openBracket) + 1;
  while (from < json.length) {
    const end = endOfValue(json, from);
    const element = trimmed(json, from, end);
    if (element.length > 0) elements.push(element);
    if (json[end] !== comma) break;
    from = end + 1;
  }
  return elements;
}
