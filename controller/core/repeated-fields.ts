// Finds fields that a JSON text has twice in one object: a reader takes the last one, and its writer may not know. Does not own
// reading JSON: the text is valid.

interface Level {
  /** The names that were there; absent in a list. */
  readonly names?: Set<string>;
  index: number;
  name: string;
}

/** One token at a time: a string, a bracket, a comma; all else is passed over. */
const tokens = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\],]/g;

const pathOf = (levels: readonly Level[]): string =>
  levels.reduce((path, { names, index, name }) => {
    if (!names) return `${path}[${index}]`;
    return path === '' ? name : `${path}.${name}`;
  }, '');

class Scan {
  readonly repeated = new Set<string>();
  readonly #levels: Level[] = [];

  take(token: string, isName: boolean): void {
    if (isName) return this.#name(JSON.parse(token.slice(0, token.lastIndexOf('"') + 1)) as string);
    if (token === '{') this.#levels.push({ names: new Set(), index: 0, name: '' });
    if (token === '[') this.#levels.push({ index: 0, name: '' });
    if (token === '}' || token === ']') this.#levels.pop();
    const top = this.#levels.at(-1);
    if (token === ',' && top) top.index += 1;
  }

  #name(name: string): void {
    const top = this.#levels.at(-1);
    if (!top?.names) return;
    top.name = name;
    if (top.names.has(name)) this.repeated.add(pathOf(this.#levels));
    top.names.add(name);
  }
}

/** The paths of all such fields, such as `spec.ports[0].name`, each once. */
export function repeatedFields(json: string): string[] {
  const scan = new Scan();
  for (const [token, colon] of json.matchAll(tokens)) scan.take(token, colon !== undefined);
  return [...scan.repeated];
}
