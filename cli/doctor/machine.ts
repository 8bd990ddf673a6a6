// What this machine gives to sandboxes: walls, freezing, limits, programs. Tries rather than guesses where a try does no harm.
// Changes nothing. Does not own what the platform makes of it: its driver tries again at each start.
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { finding, type Finding, type Standing } from './finding.ts';

const run = promisify(execFile);
const patienceMs = 5_000;

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

const asRoot = (): boolean => process.getuid?.() === 0;
const sudo = (): string => (asRoot() ? '' : 'sudo ');

/** Distributions call the same thing differently. */
const installers: readonly [RegExp, string][] = [
  [/debian|ubuntu/, 'apt-get install -y'],
  [/fedora|rhel|centos/, 'dnf install -y'],
  [/alpine/, 'apk add'],
  [/arch/, 'pacman -S --noconfirm'],
  [/suse/, 'zypper install -y'],
];

/** The command that installs a package here. */
export function installing(packages: string, release = read('/etc/os-release')): string {
  const ids = [...release.matchAll(/^(?:ID|ID_LIKE)=(.*)$/gm)].map(([, id = '']) => id).join(' ');
  const found = installers.find(([pattern]) => pattern.test(ids));
  return found ? `${sudo()}${found[1]} ${packages}` : `install ${packages}`;
}

/** Undefined when it ended with 0, else the last line that it printed. */
async function tried(program: string, args: readonly string[]): Promise<string | undefined> {
  try {
    await run(program, [...args], { timeout: patienceMs });
    return undefined;
  } catch (fault) {
    const {
      stderr = '',
      code,
      message,
    } = fault as { readonly stderr?: string; readonly code?: unknown; readonly message: string };
    if (code === 'ENOENT') return 'it is not installed';
    return stderr.trim().split('\n').at(-1) || message.split('\n', 1)[0] || 'it failed';
  }
}

/** Why a user who is not root may make no namespaces, as the kernel's own switches tell it; with what turns them. */
function namespaceSwitch(): string | undefined {
  const switches: readonly [string, string, string][] = [
    ['/proc/sys/kernel/unprivileged_userns_clone', '0', 'kernel.unprivileged_userns_clone=1'],
    ['/proc/sys/user/max_user_namespaces', '0', 'user.max_user_namespaces=15000'],
    [
      '/proc/sys/kernel/apparmor_restrict_unprivileged_userns',
      '1',
      'kernel.apparmor_restrict_unprivileged_userns=0',
    ],
  ];
  const found = switches.find(([file, shut]) => read(file).trim() === shut);
  return found && `${sudo()}sysctl -w ${found[2]}`;
}

async function walls(): Promise<Finding[]> {
  const bubblewrap = await tried('bwrap', [
    '--unshare-all',
    '--die-with-parent',
    '--ro-bind',
    '/',
    '/',
    'true',
  ]);
  if (bubblewrap === undefined)
    return [finding('machine', 'good', 'bubblewrap works: sandboxes have all their walls')];
  const mend =
    bubblewrap === 'it is not installed'
      ? installing('bubblewrap')
      : (namespaceSwitch() ?? 'allow user namespaces to this user');
  const unshare = await tried('unshare', [
    ...(asRoot() ? [] : ['--user', '--map-root-user']),
    '--mount',
    '--pid',
    '--fork',
    'true',
  ]);
  const second: Finding =
    unshare === undefined
      ? finding('machine', 'poor', 'unshare works: sandboxes have namespaces and no seccomp filter')
      : finding(
          'machine',
          'poor',
          `unshare does not work: ${unshare}; sandboxes would see each other and this machine`,
          mend,
        );
  return [finding('machine', 'poor', `bubblewrap does not work: ${bubblewrap}`, mend), second];
}

function writable(file: string): boolean {
  try {
    accessSync(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The cgroup of this process in the unified hierarchy; undefined without one. */
const ownCgroup = (): string | undefined => /^0::(\/.*)$/m.exec(read('/proc/self/cgroup'))?.[1];

const limits = ['memory', 'cpu', 'pids'] as const;

/** Controllers that a sandbox's own cgroup could have, and whether it can be frozen as a whole. */
function cgroups(): {
  readonly controllers: readonly string[];
  readonly freezer: boolean;
  readonly why: string;
} {
  const root = '/sys/fs/cgroup';
  if (existsSync(`${root}/cgroup.controllers`)) {
    const own = `${root}${ownCgroup() ?? ''}`;
    const place = asRoot() ? root : own;
    const may = writable(place);
    const controllers = may ? read(`${place}/cgroup.controllers`).trim().split(/\s+/) : [];
    return {
      controllers,
      freezer: may,
      why: may ? 'this host does not delegate it' : `${place} is not writable for this user`,
    };
  }
  const mounted = (name: string): boolean => writable(`${root}/${name}`);
  const why = 'its version 1 hierarchy is not mounted, or not writable for this user';
  return { controllers: limits.filter(mounted), freezer: mounted('freezer'), why };
}

/** What a user who is not root does about cgroups on a machine with systemd. */
const delegate =
  'run it as root, or in a unit of its own: systemd-run --user --scope -p Delegate=yes agentcube up';

function sleepAndLimits(): Finding[] {
  const { controllers, freezer, why } = cgroups();
  const missing = limits.filter((name) => !controllers.includes(name));
  const swap = read('/proc/swaps').trim().split('\n').length > 1;
  return [
    freezer
      ? finding('machine', 'good', 'cgroups can be frozen: a paused sandbox gets no processor')
      : finding('machine', 'poor', `no freezer (${why}): pausing stops processes one by one`, delegate),
    missing.length === 0
      ? finding('machine', 'good', 'limits of memory, processor and processes are enforced')
      : finding('machine', 'poor', `limits that are not enforced: ${missing.join(', ')} (${why})`, delegate),
    swap
      ? finding('machine', 'good', 'swap: memory of paused sandboxes can leave RAM')
      : finding(
          'machine',
          'poor',
          'no swap: paused sandboxes keep their memory in RAM',
          `${sudo()}sh -c 'fallocate -l 8G /swapfile && chmod 600 /swapfile && mkswap /swapfile && swapon /swapfile'`,
        ),
  ];
}

/** The oldest Node that the platform itself runs on. */
export const platformNode = 24;

function node(version = process.versions.node): Finding {
  const good = Number(version.split('.')[0]) >= platformNode;
  return good
    ? finding('machine', 'good', `Node ${version}`)
    : finding(
        'machine',
        'bad',
        `Node ${version}: agentcube up needs ${platformNode} or newer; all other commands do with this`,
        `install Node ${platformNode}: https://nodejs.org, or: npx -p node@${platformNode} agentcube up`,
      );
}

async function programs(): Promise<Finding[]> {
  const python = await tried('python3', ['--version']);
  const docker = await tried('docker', ['version', '--format', '{{.Server.Version}}']);
  return [
    python === undefined
      ? finding('machine', 'good', 'python3: code interpreters run Python')
      : finding(
          'machine',
          'poor',
          `python3: ${python}; code interpreters cannot run Python`,
          installing('python3'),
        ),
    docker === undefined
      ? finding('machine', 'good', 'docker: agentcube build --docker works')
      : finding('machine', 'good', 'docker is not there; only agentcube build --docker would use it'),
  ];
}

/** All of it. Takes as long as the slowest try. */
export async function lookAtMachine(): Promise<Finding[]> {
  if (process.platform !== 'linux') {
    const standing: Standing = 'bad';
    return [
      node(),
      finding(
        'machine',
        standing,
        `${process.platform}: sandboxes need Linux; every command that speaks to a platform elsewhere works`,
        'run agentcube up in a Linux machine or container',
      ),
    ];
  }
  const [found, ran] = await Promise.all([walls(), programs()]);
  return [node(), ...found, ...sleepAndLimits(), ...ran];
}
