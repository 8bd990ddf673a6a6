// Writes the CustomResourceDefinitions into this folder, and into the chart, which can read no file outside of itself:
// `npm run generate:crds`. Tests fail while either is out of date.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { generatedFiles } from './text.ts';

const folders = [import.meta.dirname, path.join(import.meta.dirname, '../chart/files/crds')];

for (const [name, text] of await generatedFiles())
  for (const folder of folders) await writeFile(path.join(folder, name), text);
