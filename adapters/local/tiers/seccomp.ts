// Owns: a filter of system calls that no sandboxed program needs and that escapes are made of, as a classic BPF program.
// Pure. A deny list: what is not named works. Numbers are the kernel's, per architecture.

interface Architecture {
  readonly audit: number;
  readonly clone: number;
  readonly ioctl: number;
  readonly denied: readonly number[];
}

// io_uring_setup to fspick, pidfd_getfd, mount_setattr: numbers that all architectures share.
const sharedDenied = [425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 442];
const clone3 = 435;

/* In order: mount umount2 pivot_root chroot swapon swapoff reboot acct quotactl init_module delete_module
   finit_module kexec_load kexec_file_load ptrace process_vm_readv process_vm_writev kcmp bpf perf_event_open add_key
   request_key keyctl unshare setns userfaultfd open_by_handle_at syslog settimeofday clock_settime, then iopl ioperm. */
const architectures: Readonly<Partial<Record<string, Architecture>>> = {
  x64: {
    audit: 0xc000003e,
    clone: 56,
    ioctl: 16,
    denied: [
      165, 166, 155, 161, 167, 168, 169, 163, 179, 175, 176, 313, 246, 320, 101, 310, 311, 312, 321, 298, 248,
      249, 250, 272, 308, 323, 304, 103, 164, 227, 172, 173,
    ],
  },
  arm64: {
    audit: 0xc00000b7,
    clone: 220,
    ioctl: 29,
    denied: [
      40, 39, 41, 51, 224, 225, 142, 89, 60, 105, 106, 273, 104, 294, 117, 270, 271, 272, 280, 241, 217, 218,
      219, 97, 268, 282, 265, 116, 170, 112,
    ],
  },
};

const load = 0x20;
const jumpEqual = 0x15;
const jumpAtLeast = 0x35;
const jumpAnyBit = 0x45;
const answer = 0x06;

const allow = 0x7fff0000;
const killProcess = 0x80000000;
const errno = (number: number): number => 0x00050000 | number;
const eperm = errno(1);
const enosys = errno(38);

const offsetOfNumber = 0;
const offsetOfArchitecture = 4;
const offsetOfArgument = (index: number): number => 16 + 8 * index;

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const newNamespaces = 0x7e020000;
const terminalPushBack = 0x5412;
/** System calls of the x32 variant of x64 begin here. */
const x32 = 0x40000000;

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];

const denyIf = (code: number, value: number, result: number): Instruction[] => [
  [code, 0, 1, value],
  [answer, 0, 0, result],
];

const denyArgument = (call: number, argument: number, code: number, value: number): Instruction[] => [
  [jumpEqual, 0, 4, call],
  [load, 0, 0, offsetOfArgument(argument)],
  ...denyIf(code, value, eperm),
  [load, 0, 0, offsetOfNumber],
];

/** The filter as the kernel takes it (struct sock_filter[]); undefined for an architecture without a table. */
export function seccompFilter(architecture: string): Buffer | undefined {
  const table = architectures[architecture];
  if (!table) return undefined;
  const program: Instruction[] = [
    [load, 0, 0, offsetOfArchitecture],
    [jumpEqual, 1, 0, table.audit],
    [answer, 0, 0, killProcess],
    [load, 0, 0, offsetOfNumber],
    ...(architecture === 'x64' ? denyIf(jumpAtLeast, x32, killProcess) : []),
    ...[...table.denied, ...sharedDenied].flatMap((number) => denyIf(jumpEqual, number, eperm)),
    // Its flags lie in memory, where a filter cannot look; the C library then uses clone.
    ...denyIf(jumpEqual, clone3, enosys),
    ...denyArgument(table.clone, 0, jumpAnyBit, newNamespaces),
    ...denyArgument(table.ioctl, 1, jumpEqual, terminalPushBack),
    [answer, 0, 0, allow],
  ];
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(([code, ifTrue, ifFalse, value], index) => {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(ifTrue, index * 8 + 2);
    bytes.writeUInt8(ifFalse, index * 8 + 3);
    bytes.writeUInt32LE(value >>> 0, index * 8 + 4);
  });
  return bytes;
}
