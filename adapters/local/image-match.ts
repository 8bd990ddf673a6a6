// Owns: which line of the image table an image name means. Pure. The first line that fits wins; the code daemon's own
// names come last, so that a table may replace them.

/** Names by which AgentCube's manifests call the code daemon. */
export const daemonImages = ['picod', '*/picod'] as const;

const escaped = (text: string): string => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');

/** A pattern as a regular expression: `*` is any characters. */
export const globToRegExp = (glob: string): RegExp =>
  new RegExp(`^${glob.split('*').map(escaped).join('.*')}$`, 's');

/** An image name without its tag and digest: `ghcr.io:5000/a/b:1@sha256:…` is `ghcr.io:5000/a/b`. */
export function repositoryOf(image: string): string {
  const [name = ''] = image.split('@');
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? name.slice(0, colon) : name;
}

/** Whether a pattern means an image. A pattern without tag means every tag and digest. */
export function imageMatches(pattern: string, image: string): boolean {
  const match = globToRegExp(pattern);
  return match.test(image) || match.test(repositoryOf(image)) || match.test(image.split('@')[0] ?? image);
}

export type ImageMatch<T> =
  { readonly entry: T } | { readonly daemon: true } | { readonly known: readonly string[] };

/** What an image name means by this table; or the names that are known. */
export function matchImage<T extends { readonly name: string }>(
  table: readonly T[],
  image: string,
): ImageMatch<T> {
  const entry = table.find((line) => imageMatches(line.name, image));
  if (entry) return { entry };
  if (daemonImages.some((pattern) => imageMatches(pattern, image))) return { daemon: true };
  return { known: [...table.map((line) => line.name), 'picod'] };
}
