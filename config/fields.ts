// The kinds of settings there are, as zod schemas that take text (flags, environment) and values (YAML) alike.
import { z } from 'zod';

/** A whole number; never says what was given. */
export const whole = z.coerce
  .number({ error: 'a whole number is expected' })
  .int({ error: 'a whole number is expected' });
export const port = whole.min(0).max(65_535);
export const count = whole.min(1);
export const seconds = whole.min(0);
export const text = z.string().min(1);

/** True or false; as a flag it stands alone. */
export const toggle = z
  .union([z.boolean(), z.stringbool()], { error: 'true or false' })
  .default(false)
  .meta({ toggle: true });

/** Several texts with commas between them; a list in a file. */
export const texts = z.union(
  [z.array(z.string()), z.string().transform((all) => all.split(',').map((one) => one.trim()))],
  { error: 'texts with commas between them' },
);

/** Never printed, and best given by file. */
export const secret = z.string().min(1).meta({ secret: true });

export interface FieldFacts {
  readonly description: string;
  /** As a user would write it; empty when there is none. */
  readonly fallback: string;
  readonly toggle: boolean;
}

/** What help, documentation and the command line need to know of one setting. */
export function factsOf(field: z.ZodType): FieldFacts {
  const { description = '', default: fallback, toggle: bare } = z.toJSONSchema(field, { io: 'input' });
  const shown = fallback === undefined || bare === true ? '' : JSON.stringify(fallback).replaceAll('"', '');
  return { description, fallback: shown, toggle: bare === true };
}
