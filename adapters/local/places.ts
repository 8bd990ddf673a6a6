// Owns: where a sandbox's folders are as its own processes see them. Pure.
import type { SandboxPaths } from './layout.ts';

export interface Places {
  readonly workspace: string;
  readonly app: string;
  readonly run: string;
  /** bin/node, daemon/, node_modules/ and etc/. */
  readonly agentcube: string;
  /** The platform's sockets. */
  readonly platform: string;
}

/** In a view of its own. */
export const ownPlaces: Places = {
  workspace: '/workspace',
  app: '/app',
  run: '/run/agentcube',
  agentcube: '/opt/agentcube',
  platform: '/run/agentcube-platform',
};

/** Where the author kit lies as a package, as seen from the root. */
export const kitPackages = 'opt/agentcube/node_modules';

/** Without a view of its own: the folders of the host. */
export const hostPlaces = (
  paths: SandboxPaths,
  runtime: string,
  image: string | undefined,
  platform: string,
): Places => ({
  workspace: paths.workspace,
  app: image ?? paths.workspace,
  run: paths.run,
  agentcube: runtime,
  platform,
});

/** An argument that is a path in the view, as it is at these places; all others unchanged. */
export function relocate(argument: string, places: Places): string {
  for (const name of ['workspace', 'app', 'run', 'agentcube'] as const) {
    const own = ownPlaces[name];
    if (argument === own || argument.startsWith(`${own}/`)) return places[name] + argument.slice(own.length);
  }
  return argument;
}
