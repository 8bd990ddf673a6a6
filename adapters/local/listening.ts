// Owns: seeing from outside whether a port listens in a sandbox's network. A connection through a forwarder cannot tell:
// the forwarder takes it before it knows. Linux only; elsewhere the answer is unknown.
import { readFileSync, readlinkSync } from 'node:fs';

/** Ports in state LISTEN in a table as /proc/net/tcp and tcp6 show it. */
export function listeningPorts(table: string): number[] {
  return table.split('\n').flatMap((line) => {
    const [, local, , state] = line.trim().split(/\s+/);
    return state === '0A' && local !== undefined
      ? [Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16)]
      : [];
  });
}

function networkOf(pid: number | 'self'): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

function tables(pid: number): string | undefined {
  try {
    return ['tcp', 'tcp6'].map((name) => readFileSync(`/proc/${pid}/net/${name}`, 'utf8')).join('\n');
  } catch {
    return undefined;
  }
}

/** Whether one of these processes is in a network where the port listens; undefined when that cannot be seen. */
export function isListening(pids: readonly number[], port: number, ownNetwork: boolean): boolean | undefined {
  const host = networkOf('self');
  if (host === undefined) return undefined;
  const inside = pids.filter((pid) => !ownNetwork || (networkOf(pid) ?? host) !== host);
  const [last] = inside.slice(-1);
  const seen = last === undefined ? '' : tables(last);
  return seen === undefined ? undefined : listeningPorts(seen).includes(port);
}
