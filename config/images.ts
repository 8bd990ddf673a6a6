// The table of local images: what an image name means on a machine without Docker. Does not read files.
import path from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';

const entrySchema = z.strictObject({
  name: z.string().min(1).describe('image name as manifests give it; * matches anything'),
  folder: z.string().min(1).describe('folder of the code, relative to the table; seen as /app inside'),
  command: z.array(z.string()).optional().describe('what is run where the manifest gives no command'),
  environment: z.array(z.strictObject({ name: z.string().min(1), value: z.string() })).optional(),
});

const tableSchema = z.strictObject({ images: z.array(entrySchema) });

export type LocalImage = z.infer<typeof entrySchema>;

/** The images of one table with absolute folders. Throws an Error that names the file and every problem. */
export function readImageTable(file: string, text: string): LocalImage[] {
  const result = tableSchema.safeParse(parseYaml(text));
  if (!result.success) {
    const problems = result.error.issues.map(
      (issue) => `${issue.path.join('.') || 'images'}: ${issue.message}`,
    );
    throw new Error(`${file}: ${problems.join('; ')}`);
  }
  const base = path.dirname(path.resolve(file));
  return result.data.images.map((image) => ({ ...image, folder: path.resolve(base, image.folder) }));
}
