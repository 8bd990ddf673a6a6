// Owns: keeping the beginning of a command's output, in bounded memory, whatever the command prints.
// Does not own: the process.

export class Output {
  private readonly limit: number;
  private readonly chunks: Buffer[] = [];
  private kept = 0;
  private seen = 0;

  /** @param limitBytes bytes kept; what comes after is counted and dropped. */
  constructor(limitBytes: number) {
    this.limit = limitBytes;
  }

  add(chunk: Buffer): void {
    this.seen += chunk.length;
    const room = this.limit - this.kept;
    if (room <= 0) return;
    // A copy of the part that fits: a slice would keep the whole chunk alive.
    const part = chunk.length <= room ? chunk : Buffer.from(chunk.subarray(0, room));
    this.chunks.push(part);
    this.kept += part.length;
  }

  /** Bytes that came, kept or not. */
  get bytesSeen(): number {
    return this.seen;
  }

  text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  /** A line for stderr when something was dropped, otherwise ''. */
  truncationNote(name: string): string {
    if (this.seen <= this.kept) return '';
    return `\n[${name} truncated: kept the first ${this.kept} of ${this.seen} bytes]\n`;
  }
}
