// An object as indented lines for people, as kubectl describes one: `Name:  value`, what is within it below. Empty fields are left out.

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  (isObject(value) && Object.keys(value).length === 0);

const titled = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

const scalar = (value: unknown): string =>
  (typeof value === 'string' ? value : JSON.stringify(value)).replace(/[^\P{Cc}\n]+/gu, ' ');

function itemLines(item: unknown, indent: string): string[] {
  if (!isObject(item)) return [`${indent}${scalar(item)}`];
  const [first = '', ...rest] = outline(item, `${indent}  `);
  return [`${indent}- ${first.trimStart()}`, ...rest];
}

/** The lines of an object, its names in a column. */
export function outline(object: object, indent = ''): string[] {
  const fields = Object.entries(object).filter(([, value]) => !isEmpty(value));
  const simple = fields.filter(([, value]) => typeof value !== 'object');
  const width = Math.max(0, ...simple.map(([name]) => name.length)) + 3;
  return fields.flatMap(([name, value]) => {
    const heading = `${indent}${titled(name)}:`;
    if (Array.isArray(value))
      return [heading, ...value.flatMap((item: unknown) => itemLines(item, `${indent}  `))];
    if (isObject(value)) return [heading, ...outline(value, `${indent}  `)];
    const [first = '', ...rest] = scalar(value).split('\n');
    const further = rest.map((line) => `${' '.repeat(indent.length + width)}${line}`);
    return [`${heading.padEnd(indent.length + width)}${first}`, ...further];
  });
}
