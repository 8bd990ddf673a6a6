// Owns: the same view as bubblewrap's, from util-linux and a shell. Weaker: no seccomp, and inside it is uid 0 of its own
// user namespace (without any capability). Pure: writes the script, runs nothing.
import { kitPackages, ownPlaces } from '../places.ts';
import { hostEtc, ownEtc, type RootFolder } from './bubblewrap.ts';
import { execClean, quoted, reporting } from './shell.ts';
import { fds, type Launch, type Tier, type View } from './tier.ts';

// A read-only remount must repeat the flags that the host's mount has, or the kernel refuses it.
const helpers = `
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin
readonly_again() {
  for flags in '' nosuid,nodev nosuid,nodev,noexec nosuid,nodev,noatime nosuid,nodev,noexec,noatime noatime; do
    mount -o "remount,bind,ro\${flags:+,$flags}" "$1" 2>/dev/null && return 0
  done
  echo "cannot make $1 read-only" >&2; exit 125
}
bind() {
  if [ -d "$1" ]; then mkdir -p "$ROOT$2"; else mkdir -p "\${ROOT}\${2%/*}"; : > "$ROOT$2"; fi
  mount --bind "$1" "$ROOT$2"
}
bind_ro() { bind "$1" "$2"; readonly_again "$ROOT$2"; }
loopback_up() {
  ip link set lo up 2>/dev/null || ifconfig lo up 2>/dev/null || busybox ip link set lo up 2>/dev/null ||
  perl -e 'socket(my $s,2,2,0) or exit 1; my $r=pack("a16s","lo",0x49); ioctl($s,0x8914,$r) or exit 1' 2>/dev/null ||
  { echo 'cannot bring up the loopback interface: install iproute2' >&2; exit 125; }
}
`;

const system = (folders: readonly RootFolder[]): string[] =>
  folders.map(({ name, link }) =>
    link === undefined
      ? `bind_ro ${quoted(`/${name}`)} ${quoted(`/${name}`)}`
      : `ln -s ${quoted(link)} "$ROOT"/${quoted(name)}`,
  );

const etc = (runtime: string): string[] => [
  ...hostEtc.map((name) => `[ ! -e /etc/${name} ] || bind_ro /etc/${name} /etc/${name}`),
  ...ownEtc.map((name) => `bind_ro ${quoted(`${runtime}/etc/${name}`)} /etc/${name}`),
];

const devices = [
  'mkdir -p "$ROOT/dev/shm" "$ROOT/dev/pts"',
  'for device in null zero full random urandom tty; do bind "/dev/$device" "/dev/$device"; done',
  'mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$ROOT/dev/shm"',
  'mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$ROOT/dev/pts"',
  'ln -s pts/ptmx "$ROOT/dev/ptmx"; ln -s /proc/self/fd "$ROOT/dev/fd"',
  'ln -s fd/0 "$ROOT/dev/stdin"; ln -s fd/1 "$ROOT/dev/stdout"; ln -s fd/2 "$ROOT/dev/stderr"',
];

const folders = (view: View): string[] => [
  `bind ${quoted(view.paths.workspace)} ${ownPlaces.workspace}`,
  `bind ${quoted(view.paths.run)} ${ownPlaces.run}`,
  `bind_ro ${quoted(view.runtime)} ${ownPlaces.agentcube}`,
  ...(view.platform === undefined ? [] : [`bind_ro ${quoted(view.platform)} ${ownPlaces.platform}`]),
  ...(view.image === undefined
    ? []
    : [`bind_ro ${quoted(view.image)} ${ownPlaces.app}`, `ln -s ${kitPackages} "$ROOT/node_modules"`]),
];

const withoutPowers = [
  '/usr/bin/setpriv',
  '--no-new-privs',
  '--inh-caps=-all',
  '--ambient-caps=-all',
  '--bounding-set=-all',
];

/** The script that runs as process 1 of the new namespaces and becomes the command's parent. */
export function unshareScript(view: View, root: readonly RootFolder[]): string {
  const command = execClean(view.environment, [...withoutPowers, ...view.argv]);
  return [
    `exec ${fds.plan}<&-`,
    `ROOT=${quoted(view.paths.mount)}`,
    helpers,
    'mount -t tmpfs -o mode=755,nosuid,nodev,size=16m tmpfs "$ROOT"',
    'mkdir "$ROOT/proc" "$ROOT/tmp" "$ROOT/var" "$ROOT/.old"; ln -s ../tmp "$ROOT/var/tmp"',
    ...system(root),
    ...etc(view.runtime),
    ...devices,
    'mount -t proc -o nosuid,nodev,noexec proc "$ROOT/proc"',
    'echo 0 > "$ROOT/proc/sys/user/max_user_namespaces"',
    'mount --bind "$ROOT/proc/sys" "$ROOT/proc/sys"; readonly_again "$ROOT/proc/sys"',
    'mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$ROOT/tmp"',
    ...folders(view),
    'loopback_up',
    `hostname ${quoted(view.hostname)} 2>/dev/null || echo ${quoted(view.hostname)} > /proc/sys/kernel/hostname`,
    'cd "$ROOT"; pivot_root . .old; cd /; umount -l /.old; rmdir /.old',
    'readonly_again /',
    `cd ${quoted(view.cwd)}`,
    // Not exec of process 1: that one takes no signals without a handler, and must reap whoever lost its parent.
    `( ${command} ) || exit $?`,
    'exit 0',
  ].join('\n');
}

const namespaces =
  '--user --map-root-user --mount --pid --fork --kill-child --net --ipc --uts --cgroup'.split(' ');

/** `program` is the path of unshare. */
export function unshareTier(program: string, root: readonly RootFolder[]): Tier {
  return {
    name: 'unshare',
    ownView: true,
    lacks: ['no seccomp filter: bubblewrap is not installed or does not start here'],
    launch(view): Launch {
      const shell = ['/bin/sh', `/dev/fd/${fds.plan}`];
      return {
        argv: reporting([program, ...namespaces, ...shell]),
        plan: `${unshareScript(view, root)}\n`,
      };
    },
  };
}
