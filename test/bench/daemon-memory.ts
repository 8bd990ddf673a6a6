// Private memory of an idle code daemon in a warm sandbox, in units of 10 MB.
import { globSync, readFileSync } from 'node:fs';
import { benchPlatform, poolFilled } from './support/platform.ts';
import { quantile, type Figure } from './table.ts';

const tenMegabytes = 10_000_000;

/** Processes that run the daemon out of this data directory's runtime. */
function daemons(): string[] {
  return globSync('/proc/[0-9]*/cmdline')
    .filter((file) => {
      try {
        const words = readFileSync(file, 'utf8').split('\0');
        return words[0]?.endsWith('/node') === true && words.includes('daemon');
      } catch {
        return false;
      }
    })
    .map((file) => file.replace(/cmdline$/, ''));
}

/** Private bytes of a process: what would be freed if it ended. */
function privateBytes(folder: string): number {
  const rollup = readFileSync(`${folder}smaps_rollup`, 'utf8');
  const lines = [...rollup.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB$/gm)];
  return lines.reduce((sum, line) => sum + Number(line[1]) * 1_024, 0);
}

export async function daemonMemoryFigures(): Promise<Figure[]> {
  const platform = await benchPlatform();
  try {
    await poolFilled(platform, 'warm');
    const bytes = daemons().map(privateBytes);
    const ratio = quantile(bytes, 0.5) / tenMegabytes;
    const seen = `${(quantile(bytes, 0.5) / 1e6).toFixed(1)} MB, median of ${bytes.length}`;
    return [
      { what: 'private memory of an idle code daemon, in 10 MB', sense: 'at most', bound: 1, ratio, seen },
    ];
  } finally {
    await platform.stop();
  }
}
