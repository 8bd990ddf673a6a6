// Lines of a stream, as they come. Owns nothing of what they say.

/** Yields each line without its end; what is left when the stream ends without one is yielded too. `onData` hears every chunk. */
export async function* linesOf(
  stream: ReadableStream<Uint8Array>,
  onData: () => void = () => undefined,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    onData();
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield line;
  }
  if (rest !== '') yield rest;
}
