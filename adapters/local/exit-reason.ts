// Owns: the words for why a sandbox ended. Pure; where the facts come from is the cgroup's and the status file's.
import os from 'node:os';

export interface ExitFacts {
  /** As a shell tells it: 128 + n for signal n; undefined when it could not be learned. */
  readonly code?: number;
  /** How often the kernel killed for want of memory within the sandbox's limits. */
  readonly oomKills: number;
  readonly memoryLimitBytes?: number;
}

const units = ['', 'Ki', 'Mi', 'Gi', 'Ti'] as const;

/** Bytes as a Kubernetes quantity, in the greatest binary unit that divides them: `128Mi`. */
export function quantityText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && value % 1024 === 0 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value}${units[unit] ?? ''}`;
}

const signalName = (number: number): string =>
  Object.entries(os.constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`;

/** In words: `exit code 1`, `killed by SIGSEGV`, `out of memory (limit 128Mi)`, `its processes are gone`. */
export function exitReason(facts: ExitFacts): string {
  const { code, oomKills, memoryLimitBytes } = facts;
  if (oomKills > 0 && code !== 0) {
    return memoryLimitBytes === undefined
      ? 'out of memory'
      : `out of memory (limit ${quantityText(memoryLimitBytes)})`;
  }
  if (code === undefined) return 'its processes are gone';
  return code > 128 && code < 128 + 65 ? `killed by ${signalName(code - 128)}` : `exit code ${code}`;
}

/** The exit code in what the launcher's shell wrote: a JSON document of one line. */
export function exitCodeIn(status: string): number | undefined {
  const found = /"exit-code":\s*(\d+)/.exec(status);
  return found ? Number(found[1]) : undefined;
}
