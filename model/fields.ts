// The kinds of value that runtimes are made of, as zod schemas. Does not own any resource.
// Each schema's description is what a person is told was expected; no schema transforms, so what was given stays.
import { z } from 'zod';

/** An object with exactly these fields; any other is a problem, for a misspelt field would be silently ignored. */
export const fields = <Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> =>
  z.strictObject(shape);

/** A string for which `problemOf` finds nothing to say. */
export const textThat = (expected: string, problemOf: (text: string) => string | undefined): z.ZodString =>
  z
    .string()
    .superRefine((text, context) => {
      const message = problemOf(text);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .describe(expected);

const matching = (expected: string, shape: RegExp, longest: number): z.ZodString =>
  textThat(expected, (text) =>
    text.length <= longest && shape.test(text) ? undefined : `got ${JSON.stringify(text.slice(0, 80))}`,
  );

const label = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';

/** A DNS-1123 label: the name of a namespace or container. */
export const dnsLabel = matching(
  'a name of at most 63 lower case letters, digits and "-", that starts and ends with a letter or digit',
  new RegExp(`^${label}$`),
  63,
);

/** A DNS-1123 subdomain: the name of a resource. */
export const dnsSubdomain = matching(
  'a name of at most 253 lower case letters, digits, "-" and ".", that starts and ends with a letter or digit',
  new RegExp(`^${label}(?:\\.${label})*$`),
  253,
);

/** Any printable ASCII but `=` (Kubernetes 1.34 and later). */
export const envName = matching('a name of printable ASCII characters without "="', /^[ -<>-~]+$/, 32_768);

export const text = z.string();
export const someText = textThat('a string that is not empty', (given) =>
  given === '' ? 'is empty' : undefined,
);
export const quotedText = z.string().describe('a string (put numbers, true and false in quotes)');
export const flag = z.boolean();
export const integer = z.int();

/** A whole number within both bounds. */
export const integerWithin = (least: number, most: number): z.ZodInt =>
  z.int().min(least).max(most).describe(`a whole number from ${least} to ${most}`);

export const mostInt32 = 2_147_483_647;
export const seconds = integerWithin(0, mostInt32).describe('a whole number of seconds, 0 or more');
export const portNumber = integerWithin(1, 65_535).describe('a port number from 1 to 65535');

const isPortNumber = (given: unknown): boolean => portNumber.safeParse(given).success;
const isPortName = (given: unknown): boolean => typeof given === 'string' && /^[a-z0-9-]{1,15}$/.test(given);

/** A port by number, or by the name it has among the container's ports. */
export const portReference = z
  .custom<number | string>((given) => isPortNumber(given) || isPortName(given))
  .describe("a port number from 1 to 65535, or the name of one of the container's ports");

export const texts = z.array(z.string());
export const textMap = z.record(z.string(), quotedText).describe('an object of strings');

/** Fields that no part of the platform reads keep any content; only their JSON type is checked. */
export const anyObject = z.record(z.string(), z.unknown()).describe('an object');
export const anyObjects = z.array(anyObject).describe('a list of objects');
