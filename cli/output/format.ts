// The forms in which things are printed with -o. Does not own the tables' cells, nor the streams.
import { misused } from '../failure.ts';
import { variable, type Io } from '../io.ts';
import { nearest } from '../../model/nearest.ts';

export const formats = ['table', 'wide', 'json', 'yaml', 'name'] as const;
export type Format = (typeof formats)[number];

/** The form that is wanted by the flag, else by AGENTCUBE_OUTPUT, else a table. */
export function formatOf(io: Pick<Io, 'env'>, flag: string | undefined): Format {
  const wanted = flag ?? variable(io, 'AGENTCUBE_OUTPUT') ?? 'table';
  const found = formats.find((format) => format === wanted);
  if (found) return found;
  const meant = nearest(wanted, formats);
  const guess = meant === undefined ? '' : `; did you mean ${meant}?`;
  throw misused(`-o ${wanted}: there is no such form${guess}`, `there are: ${formats.join(', ')}`);
}

/** A value as text that ends with its line. */
export async function written(value: unknown, format: 'json' | 'yaml'): Promise<string> {
  if (format === 'json') return `${JSON.stringify(value, undefined, 2)}\n`;
  const { stringify } = await import('yaml');
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
