// Kubernetes' `$(NAME)` in the command, args and env of a container. Does not own where values come from.
// `$$(NAME)` stands for the text `$(NAME)`, and a name that is not known stays as it is written (Kubernetes 1.35 kubelet).

/** A text with each `$(NAME)` replaced by its value. */
export const expand = (text: string, values: ReadonlyMap<string, string>): string =>
  text.replace(/\$\$|\$\(([^)]*)\)/g, (written: string, name: string | undefined) =>
    name === undefined ? '$' : (values.get(name) ?? written),
  );

export interface Variable {
  readonly name: string;
  readonly value: string;
}

/** Variables in order, each seeing those before it; a name given twice keeps its last value. */
export function expandVariables(given: readonly Variable[]): Variable[] {
  const values = new Map<string, string>();
  for (const { name, value } of given) values.set(name, expand(value, values));
  return [...values].map(([name, value]) => ({ name, value }));
}
