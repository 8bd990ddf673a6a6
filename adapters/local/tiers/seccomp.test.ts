import { describe, expect, test } from '@jest/globals';
import { seccompFilter } from './seccomp.ts';

const allow = 0x7fff0000;
const kill = 0x80000000;
const eperm = 0x00050001;
const enosys = 0x00050026;
const x64 = 0xc000003e;

interface Call {
  readonly number: number;
  readonly architecture?: number;
  readonly args?: readonly number[];
}

/** What the kernel would do with one system call: the few instructions that our filters have. */
function run(filter: Buffer, { number, architecture = x64, args = [] }: Call): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number, 0);
  data.writeUInt32LE(architecture, 4);
  args.forEach((value, index) => data.writeUInt32LE(value, 16 + 8 * index));
  let loaded = 0;
  for (let at = 0; at < filter.length / 8; at += 1) {
    const [code, value] = [filter.readUInt16LE(at * 8), filter.readUInt32LE(at * 8 + 4)];
    if (code === 0x06) return value;
    if (code === 0x20) loaded = data.readUInt32LE(value);
    const holds = { 0x15: loaded === value, 0x35: loaded >= value, 0x45: (loaded & value) !== 0 }[code];
    if (holds !== undefined) at += filter.readUInt8(at * 8 + (holds ? 2 : 3));
  }
  throw new Error('the filter has no end');
}

describe('the filter for x64', () => {
  const filter = seccompFilter('x64') ?? Buffer.alloc(0);
  const cases: [string, Call, number][] = [
    ['read', { number: 0 }, allow],
    ['mount', { number: 165 }, eperm],
    ['ptrace', { number: 101 }, eperm],
    ['unshare', { number: 272 }, eperm],
    ['io_uring_setup', { number: 425 }, eperm],
    ['mount_setattr', { number: 442 }, eperm],
    ['clone of a thread', { number: 56, args: [0x003d0f00] }, allow],
    ['clone into a new user namespace', { number: 56, args: [0x10000011] }, eperm],
    ['clone3, whose flags cannot be seen', { number: 435 }, enosys],
    ['ioctl TIOCGWINSZ', { number: 16, args: [0, 0x5413] }, allow],
    ['ioctl TIOCSTI', { number: 16, args: [0, 0x5412] }, eperm],
    ['what comes after clone in the table', { number: 57 }, allow],
    ['a call of the x32 variant', { number: 0x40000000 }, kill],
    ['a call of another architecture', { number: 0, architecture: 0x40000003 }, kill],
  ];
  test.each(cases)('%s', (_, call, answer) => expect(run(filter, call)).toBe(answer));
});

test('arm64 has a table of its own; others have none', () => {
  const filter = seccompFilter('arm64') ?? Buffer.alloc(0);
  expect(run(filter, { number: 40, architecture: 0xc00000b7 })).toBe(eperm);
  expect(run(filter, { number: 63, architecture: 0xc00000b7 })).toBe(allow);
  expect(seccompFilter('riscv64')).toBeUndefined();
});
