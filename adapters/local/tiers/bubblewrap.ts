// Owns: the arguments of bubblewrap. Pure but for what it is told of the host's root folders.
// Never run as uid 0 of the host: a sandbox of root could write /proc/sys of the host with every capability dropped.
// It dies with its parent, and that is a shell of the sandbox's own: sandboxes outlive the platform.
import { kitPackages, ownPlaces } from '../places.ts';
import { reporting } from './shell.ts';
import { fds, type Launch, type Tier, type View } from './tier.ts';

/** A folder of the host's root that programs need: a link to below /usr, or a folder. */
export interface RootFolder {
  readonly name: string;
  /** Set when it is a link: `usr/lib`. */
  readonly link?: string;
}

const system = (folders: readonly RootFolder[]): string[] =>
  folders.flatMap(({ name, link }) =>
    link === undefined ? ['--ro-bind', `/${name}`, `/${name}`] : ['--symlink', link, `/${name}`],
  );

/** Files of the host's /etc that programs need; none tells anything of its users or network. */
export const hostEtc = [
  'alternatives',
  'ssl/certs',
  'ssl/openssl.cnf',
  'ca-certificates',
  'pki',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'mime.types',
  'python3',
  'fonts',
] as const;

/** Files of /etc that are ours (runtime-files.ts). */
export const ownEtc = ['passwd', 'group', 'hosts', 'resolv.conf', 'nsswitch.conf'] as const;

const etc = (runtime: string): string[] => [
  ...hostEtc.flatMap((name) => ['--ro-bind-try', `/etc/${name}`, `/etc/${name}`]),
  ...ownEtc.flatMap((name) => ['--ro-bind', `${runtime}/etc/${name}`, `/etc/${name}`]),
];

const folders = (view: View): string[] => [
  ...['--bind', view.paths.workspace, ownPlaces.workspace],
  ...['--bind', view.paths.run, ownPlaces.run],
  ...['--ro-bind', view.runtime, ownPlaces.agentcube],
  ...(view.platform === undefined ? [] : ['--ro-bind', view.platform, ownPlaces.platform]),
  // An agent finds the author kit as any package, by walking up from /app to the root.
  ...(view.image === undefined
    ? []
    : ['--ro-bind', view.image, ownPlaces.app, '--symlink', kitPackages, '/node_modules']),
];

/** All of bubblewrap's options for a view; the command is not among them. */
export function bubblewrapOptions(view: View, root: readonly RootFolder[], seccomp: boolean): string[] {
  return [
    ...[
      '--unshare-all',
      '--unshare-user',
      '--disable-userns',
      '--die-with-parent',
      '--uid',
      '1000',
      '--gid',
      '1000',
    ],
    ...['--cap-drop', 'ALL', '--new-session', '--hostname', view.hostname],
    ...system(root),
    ...etc(view.runtime),
    ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', '--symlink', '../tmp', '/var/tmp'],
    ...folders(view),
    ...['--remount-ro', '/', '--chdir', view.cwd, '--clearenv'],
    ...view.environment.flatMap(({ name, value }) => ['--setenv', name, value]),
    ...(seccomp ? ['--seccomp', String(fds.seccomp)] : []),
  ];
}

/** `program` is the path of bwrap; `seccomp` a filter for this machine's architecture, where there is one. */
export function bubblewrapTier(
  program: string,
  root: readonly RootFolder[],
  seccomp: Buffer | undefined,
): Tier {
  return {
    name: 'bubblewrap',
    ownView: true,
    lacks: seccomp ? [] : ['no seccomp filter for this architecture'],
    launch(view): Launch {
      const options = bubblewrapOptions(view, root, seccomp !== undefined);
      // Options are told apart by zeros: one within a value would begin an option of somebody else's choice.
      if (options.some((option) => option.includes('\0')))
        throw new Error('a variable or the working directory holds a zero character');
      return {
        argv: reporting([program, '--args', String(fds.plan), '--', ...view.argv]),
        plan: options.map((option) => `${option}\0`).join(''),
        ...(seccomp && { seccomp }),
      };
    },
  };
}
