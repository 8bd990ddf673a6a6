// The settings of a schema as the rows of a Markdown table: how docs/configuration.md has them.
import type { z } from 'zod';
import { factsOf } from '../../config/fields.ts';
import { envOf, flagOf } from '../../config/names.ts';

/** One row for each setting: name in a file, flag, variable, meaning, default. */
export const settingsRows = (schema: z.ZodObject): readonly string[] =>
  Object.entries(schema.shape).map(([name, field]) => {
    const { description, fallback, toggle } = factsOf(field as z.ZodType);
    const shown = toggle ? 'false' : fallback;
    const meaning = description.replaceAll('|', '\\|');
    return `| \`${name}\` | \`--${flagOf(name)}\` | \`${envOf(name)}\` | ${meaning} | ${shown === '' ? '' : `\`${shown}\` `}|`;
  });
