// How the place of a value inside a resource is written. Does not own where that is in a file.

export type PathSegment = string | number;

/** `['spec', 'ports', 0, 'a.b']` as `spec.ports[0]["a.b"]`. */
export const pathText = (path: readonly PathSegment[]): string =>
  path.reduce<string>((before, segment) => {
    if (typeof segment === 'number') return `${before}[${segment}]`;
    if (!/^[A-Za-z_][\w-]*$/.test(segment)) return `${before}[${JSON.stringify(segment)}]`;
    return before === '' ? segment : `${before}.${segment}`;
  }, '');
