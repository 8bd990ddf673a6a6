// What an autoscaler is told: whether it decides, and how much may wait in pools. Reads no file itself, nor the environment.
// Does not own how a budget is shared (autoscaler/core/budget.ts).
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { parseQuantity } from '../model/quantity.ts';
import { noMaximum } from '../model/scaling.ts';

const shown = (given: unknown): string => (typeof given === 'string' ? given : JSON.stringify(given));

const countError = ({ input }: { readonly input?: unknown }): string =>
  `a whole number from 0 to ${noMaximum} is expected, not ${shown(input)}`;

/** How many sandboxes. An empty text is no number, though it could be read as 0. */
const sandboxes = z
  .union([z.number(), z.string().regex(/^\d+$/).transform(Number)], { error: countError })
  .refine((count) => Number.isInteger(count) && count >= 0 && count <= noMaximum, { error: countError });

/** Bytes of a quantity; NaN where it is none. */
function bytesOf(given: string | number): number {
  try {
    return parseQuantity(given);
  } catch {
    return Number.NaN;
  }
}

const memoryError = ({ input }: { readonly input?: unknown }): string =>
  `a quantity of memory from 0 is expected, such as 512Mi or 4Gi, not ${shown(input)}`;

/** Bytes, given as a Kubernetes quantity. */
const memory = z
  .union([z.string(), z.number()], { error: memoryError })
  .refine((given) => bytesOf(given) >= 0, { error: memoryError })
  .transform(bytesOf);

const ofNamespace = z.strictObject({ idle: sandboxes.optional(), memory: memory.optional() });

/** A mapping in a file; as a flag or variable the same as a line of YAML. */
function mappingOf(given: unknown): unknown {
  if (typeof given !== 'string') return given;
  try {
    return parseYaml(given) as unknown;
  } catch {
    return given;
  }
}

const namespaces = z.preprocess(
  mappingOf,
  z.record(z.string().min(1), ofNamespace, {
    error:
      'a mapping from namespaces to idle and memory is expected, such as {team-a: {idle: 10, memory: 4Gi}}',
  }),
);

const waiting = 'sandboxes that may wait in pools, starting ones included';

export const scalingFields = {
  scaling: z
    .enum(['on', 'dry-run', 'off'], {
      error: ({ input }) => `on, dry-run or off is expected, not ${shown(input)}`,
    })
    .default('on')
    .describe('whether pools are sized by spec.scaling; dry-run only says how, off holds warmPoolSize'),
  maxIdle: sandboxes.optional().describe(`${waiting}, in all; no limit by default`),
  maxIdleMemory: memory
    .optional()
    .describe('memory of all sandboxes in pools, such as 16Gi; no limit by default'),
  maxIdlePerNode: sandboxes.optional().describe(`${waiting}, times the number of nodes, in all`),
  maxIdleMemoryPerNode: memory
    .optional()
    .describe('memory of sandboxes in pools, times the number of nodes, in all'),
  maxIdlePerNamespace: sandboxes.optional().describe(`${waiting}, of each namespace`),
  maxIdleMemoryPerNamespace: memory.optional().describe('memory of sandboxes in pools, of each namespace'),
  maxIdleOfNamespaces: namespaces
    .optional()
    .describe('limits of single namespaces instead of those of each: {team-a: {idle: 10, memory: 4Gi}}'),
};

export type ScalingConfig = z.infer<z.ZodObject<typeof scalingFields>>;

/** How much: sandboxes and bytes. */
interface Limit {
  readonly idle?: number;
  readonly memoryBytes?: number;
}

const limit = (idle: number | undefined, memoryBytes: number | undefined): Limit => ({
  ...(idle !== undefined && { idle }),
  ...(memoryBytes !== undefined && { memoryBytes }),
});

/** The settings as an autoscaler takes them. */
export function scalingSettings(config: ScalingConfig) {
  const own = Object.entries(config.maxIdleOfNamespaces ?? {});
  return {
    mode: config.scaling,
    budget: {
      platform: limit(config.maxIdle, config.maxIdleMemory),
      perNode: limit(config.maxIdlePerNode, config.maxIdleMemoryPerNode),
      perNamespace: limit(config.maxIdlePerNamespace, config.maxIdleMemoryPerNamespace),
      namespaces: new Map(own.map(([name, { idle, memory: bytes }]) => [name, limit(idle, bytes)])),
    },
  } as const;
}
