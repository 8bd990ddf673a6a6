// Owns: the copy of what is deployed in the data dir, for when the store is emptied or replaced. It is as old as its last write, and
// whole: a kill at any moment leaves the one before or the one after. Does not own when it is written, nor what it means.
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { CopiedResources, ResourceCopy } from '../../controller/resource-store.ts';

const rowSchema = z.object({
  kind: z.string(),
  namespace: z.string(),
  name: z.string(),
  json: z.string(),
  resourceVersion: z.number(),
});
const copySchema = z.object({ format: z.literal(1), counter: z.number(), rows: z.array(rowSchema) });

async function writeWhole(file: string, text: string): Promise<void> {
  const part = `${file}.part`;
  const handle = await open(part, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(part, file);
}

const absent = (fault: unknown): boolean => (fault as NodeJS.ErrnoException).code === 'ENOENT';

/** `runtimes.json` in the data dir (absolute path). One process at a time writes it: the one that leads. */
export function resourceCopy(dataDir: string): ResourceCopy {
  const file = path.join(dataDir, 'runtimes.json');
  return {
    async read() {
      const text = await readFile(file, 'utf8').catch((fault: unknown) => {
        if (absent(fault)) return undefined;
        throw fault;
      });
      if (text === undefined) return undefined;
      try {
        const { rows, counter } = copySchema.parse(JSON.parse(text));
        return { rows, counter };
      } catch (fault) {
        throw new Error(`${file} is not a copy of runtimes; move it away to start without one`, {
          cause: fault,
        });
      }
    },
    async write({ rows, counter }: CopiedResources) {
      await mkdir(dataDir, { recursive: true });
      await writeWhole(file, JSON.stringify({ format: 1, counter, rows }));
    },
  };
}
