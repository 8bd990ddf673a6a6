// Owns: the facts about a file that PicoD's answers carry. Does not own: which file.
import type { BigIntStats } from 'node:fs';
import { fs } from './builtins.ts';
import { formatFileMode } from './file-mode.ts';
import { formatTimestamp } from './timestamp.ts';

export interface FileFacts {
  readonly size: number;
  readonly mode: string;
  readonly modified: string;
}

/** BigInt stats, because only they have the nanoseconds. */
export const factsOf = (stats: BigIntStats): FileFacts => ({
  size: Number(stats.size),
  mode: formatFileMode(Number(stats.mode)),
  modified: formatTimestamp(stats.mtimeNs),
});

/** Facts about an open file. */
export const factsOfOpen = (fd: number): FileFacts => factsOf(fs.fstatSync(fd, { bigint: true }));
