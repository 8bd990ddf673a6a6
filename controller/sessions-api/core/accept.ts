// In which form an answer is wanted, from the Accept header: whole objects, a table for people, or metadata alone.
// Decides only. Does not own what the forms look like (table.ts).

export type Form = 'objects' | 'table' | 'metadata';

const metaGroup = 'meta.k8s.io';

function formOf(parameters: ReadonlyMap<string, string>): Form | undefined {
  const as = parameters.get('as');
  if (as === undefined) return 'objects';
  if (parameters.get('g') !== metaGroup) return undefined;
  if (as === 'Table') return 'table';
  return /^PartialObjectMetadata(List)?$/.test(as) ? 'metadata' : undefined;
}

const readable = new Set(['application/json', 'application/*', '*/*']);

function read(entry: string): { readonly type: string; readonly parameters: ReadonlyMap<string, string> } {
  const [type = '', ...rest] = entry.split(';').map((part) => part.trim());
  const pairs = rest.map((part): [string, string] => {
    const [name = '', value = ''] = part.split('=', 2);
    return [name.trim().toLowerCase(), value.trim()];
  });
  return { type: type.toLowerCase(), parameters: new Map(pairs) };
}

/** The first form asked for that can be answered; undefined when none can. No header asks for anything. */
export function wantedForm(accept: string | undefined): Form | undefined {
  if (accept === undefined || accept.trim() === '') return 'objects';
  for (const entry of accept.split(',').map(read)) {
    const form = readable.has(entry.type) ? formOf(entry.parameters) : undefined;
    if (form) return form;
  }
  return undefined;
}
