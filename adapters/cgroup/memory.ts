// What the kernel says of a container's memory: its limit and how often a process of it was killed for want of memory.
import path from 'node:path';
import { read } from './control.ts';
import type { ContainerFolders } from './folders.ts';

type Memory = NonNullable<ContainerFolders['memory']>;

/** Version 1 says so where there is none. */
const noLimit = 2 ** 60;
const units = ['', 'Ki', 'Mi', 'Gi', 'Ti'];

/** `128Mi`, as a pod's author wrote it. */
export function inWords(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && value % 1024 === 0 && unit < units.length - 1)
    [value, unit] = [value / 1024, unit + 1];
  return `${value}${units[unit]}`;
}

/** Undefined without a limit. */
export function limitOf({ version, folder }: Memory): string | undefined {
  const text =
    read(path.join(folder, version === 1 ? 'memory.limit_in_bytes' : 'memory.max'))?.trim() ?? 'max';
  return text === 'max' || Number(text) >= noLimit ? undefined : inWords(Number(text));
}

/** Kills since the container began; undefined when it is gone or the kernel does not count. */
export function killsOf({ version, folder }: Memory): number | undefined {
  const text = read(path.join(folder, version === 1 ? 'memory.oom_control' : 'memory.events'));
  const count = /^oom_kill (\d+)$/m.exec(text ?? '')?.[1];
  return count === undefined ? undefined : Number(count);
}
