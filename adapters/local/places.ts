// Owns: where a sandbox's folders are as its own processes see them. Pure.
import type { SandboxPaths } from './layout.ts';

export interface Places {
  readonly workspace: string;
  readonly app: string;
  readonly run: string;
  /** bin/node, daemon/ and etc/. */
  readonly agentcube: string;
}

/** In a view of its own. */
export const ownPlaces: Places = {
  workspace: '/workspace',
  app: '/app',
  run: '/run/agentcube',
  agentcube: '/opt/agentcube',
};

/** Without a view of its own: the folders of the host. */
export const hostPlaces = (paths: SandboxPaths, runtime: string, image: string | undefined): Places => ({
  workspace: paths.workspace,
  app: image ?? paths.workspace,
  run: paths.run,
  agentcube: runtime,
});

/** An argument that is a path in the view, as it is at these places; all others unchanged. */
export function relocate(argument: string, places: Places): string {
  for (const name of ['workspace', 'app', 'run', 'agentcube'] as const) {
    const own = ownPlaces[name];
    if (argument === own || argument.startsWith(`${own}/`)) return places[name] + argument.slice(own.length);
  }
  return argument;
}
