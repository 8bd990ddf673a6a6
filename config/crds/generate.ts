// Writes the CustomResourceDefinitions into this folder: `npm run generate:crds`. crds.test.ts fails while they are out of date.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { generatedFiles } from './text.ts';

for (const [name, text] of await generatedFiles())
  await writeFile(path.join(import.meta.dirname, name), text);
