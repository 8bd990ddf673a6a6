// Which version this command is: that of its package. Reads package.json when asked.
import { readFileSync } from 'node:fs';

/** Beside the sources, or above the built files. */
const places = ['../package.json', '../../package.json'];

export function ownVersion(): string {
  for (const place of places) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8')) as {
        name?: string;
        version?: string;
      };
      if (name === 'agentcube' && version !== undefined) return version;
    } catch {
      continue;
    }
  }
  return 'unknown';
}
