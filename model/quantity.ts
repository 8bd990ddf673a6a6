// Kubernetes quantities (`100m`, `128Mi`, `1.5Gi`, `2e3`): how much memory, CPU or disk.
// Does not own units: a quantity of cpu is in cores, of memory in bytes; whoever asks knows which.
import { z } from 'zod';
import { PlatformError } from './errors.ts';

const shape = /^([+-]?(?:\d+\.?\d*|\.\d+))([eEinumkKMGTP]*[-+]?\d*)$/;

const decimalExponent: ReadonlyMap<string, number> = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);

const binaryExponent: ReadonlyMap<string, number> = new Map([
  ['Ki', 10],
  ['Mi', 20],
  ['Gi', 30],
  ['Ti', 40],
  ['Pi', 50],
  ['Ei', 60],
]);

// The wording of Kubernetes' resource.ParseQuantity.
const wrongFormat =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const wrongNumber = 'unable to parse numeric part of quantity';
const wrongSuffix = "unable to parse quantity's suffix";

type Read = { readonly value: number } | { readonly error: string };

function scaled(digits: string, suffix: string): Read {
  const binary = binaryExponent.get(suffix);
  if (binary !== undefined) return { value: Number(digits) * 2 ** binary };
  // Let the number parser scale: 100 * 1e-3 rounds twice, "100e-3" once.
  const decimal = decimalExponent.get(suffix);
  if (decimal !== undefined) return { value: Number(`${digits}e${decimal}`) };
  if (/^[eE][+-]?\d+$/.test(suffix)) return { value: Number(`${digits}${suffix}`) };
  return { error: wrongSuffix };
}

function read(given: unknown): Read {
  if (typeof given === 'number') return Number.isFinite(given) ? { value: given } : { error: wrongNumber };
  if (typeof given !== 'string') return { error: wrongFormat };
  const [, digits, suffix] = shape.exec(given) ?? [];
  if (digits === undefined || suffix === undefined) return { error: wrongFormat };
  const result = scaled(digits, suffix);
  return 'value' in result && !Number.isFinite(result.value) ? { error: wrongNumber } : result;
}

/**
 * The value of a quantity in its base unit (cores, bytes); a bare number is itself.
 * Throws `INVALID_REQUEST` with Kubernetes' wording.
 */
export function parseQuantity(given: string | number): number {
  const result = read(given);
  if ('error' in result) throw new PlatformError('INVALID_REQUEST', result.error);
  return result.value;
}

/** What is wrong with a value as a quantity of a resource, in Kubernetes' words; undefined when nothing is. */
function quantityError(given: unknown): string | undefined {
  const result = read(given);
  if ('error' in result) return result.error;
  return result.value < 0 ? 'must be greater than or equal to 0' : undefined;
}

/** A quantity of a resource, not negative, as it stands in YAML or JSON; stays what was given. */
export const quantity = z
  .custom<string | number>((given) => quantityError(given) === undefined, {
    error: ({ input }) =>
      typeof input === 'string' || typeof input === 'number' ? quantityError(input) : undefined,
  })
  .describe('a quantity such as 500m, 2 or 128Mi');
