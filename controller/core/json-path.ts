// The JSONPath of printer columns, as far as CustomResourceDefinitions use it: fields, elements and the filter `[?(@.a=="b")]`.
// Does not own what is printed of what is found (kube-table.ts).

type Step = (value: unknown) => readonly unknown[];

const fieldOf = (value: unknown, name: string): readonly unknown[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, name)
    ? [Reflect.get(value, name)]
    : [];

const elements = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

const field =
  (name: string): Step =>
  (value) =>
    fieldOf(value, name);

const matching =
  (name: string, wanted: string): Step =>
  (value) =>
    elements(value).filter((one) => fieldOf(one, name)[0] === wanted);

/** What a step of a path looks like, and what it does; in the order in which they are tried. */
const forms: readonly (readonly [RegExp, (...found: string[]) => Step])[] = [
  [/^\.([\w-]+)/, (name = '') => field(name)],
  [/^\[\?\(@\.([\w-]+)\s*==\s*["']([^"']*)["']\)\]/, (name = '', wanted = '') => matching(name, wanted)],
  [/^\[["']([^"']+)["']\]/, (name = '') => field(name)],
  [/^\[\*\]/, () => elements],
  [
    /^\[(\d+)\]/,
    (index = '') =>
      (value) =>
        elements(value).slice(Number(index), Number(index) + 1),
  ],
];

function nextStep(path: string): { readonly step: Step; readonly rest: string } {
  for (const [pattern, made] of forms) {
    const [whole, ...found] = pattern.exec(path) ?? [];
    if (whole !== undefined) return { step: made(...found), rest: path.slice(whole.length) };
  }
  throw new Error(`JSONPath: cannot read ${path}`);
}

/** What finds the values at a path. Throws where the path is none that is read here. */
export function jsonPath(path: string): (object: unknown) => readonly unknown[] {
  const steps: Step[] = [];
  for (let rest = path; rest !== '';) {
    const next = nextStep(rest);
    steps.push(next.step);
    rest = next.rest;
  }
  return (object) => steps.reduce<readonly unknown[]>((found, step) => found.flatMap(step), [object]);
}
