// The text of the CustomResourceDefinitions, as it lies in this folder. Does not own writing it (generate.ts).
import { format, resolveConfig } from 'prettier';
import { stringify } from 'yaml';
import { groupOf, resourceKinds, resourcePlurals } from '../../model/resource.ts';
import { definitionOf } from './definitions.ts';

const heading = `# Made by "npm run generate:crds" from the schemas in model/; not written by hand.\n`;

/** Each file of this folder that is generated, by its name. */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  const options = await resolveConfig(import.meta.filename);
  const files = resourceKinds.map(async (kind): Promise<[string, string]> => {
    const yaml = heading + stringify(definitionOf(kind), { aliasDuplicateObjects: false });
    return [
      `${groupOf(kind)}_${resourcePlurals[kind]}.yaml`,
      await format(yaml, { ...options, parser: 'yaml' }),
    ];
  });
  return new Map(await Promise.all(files));
}
