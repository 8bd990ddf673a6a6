// Which of a sandbox's doors serves a path. The rule is AgentCube 0.1's: no longest match, no segments.

/**
 * The first entry (in the runtime's order) whose `path` is a plain string prefix of `path` (`/api` serves `/apix`, "" serves all);
 * otherwise the first entry. Undefined only when there is none.
 */
export function pickEntry<E extends { readonly path: string }>(
  entries: readonly E[],
  path: string,
): E | undefined {
  for (const entry of entries) if (path.startsWith(entry.path)) return entry;
  return entries[0];
}
