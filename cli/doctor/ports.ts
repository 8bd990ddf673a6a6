// Which of the platform's ports are taken on this machine, and by which process, from /proc alone. Other users' processes have no name
// for whoever is not root.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { finding, type Finding } from './finding.ts';

const listening = '0A';

/** The sockets that listen on a port, by the kernel's tables (proc(5)). */
function socketsOf(port: number): Set<string> {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const found = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of lines(table)) {
      const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === listening && local.endsWith(`:${wanted}`) && inode !== undefined)
        found.add(`socket:[${inode}]`);
    }
  }
  return found;
}

function lines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(1);
  } catch {
    return [];
  }
}

const linksOf = (folder: string): string[] => {
  try {
    return readdirSync(folder).map((name) => {
      try {
        return readlinkSync(`${folder}/${name}`);
      } catch {
        return '';
      }
    });
  } catch {
    return [];
  }
};

/** `node (process 4711)`; undefined when it cannot be told. */
export function holderOf(port: number): string | undefined {
  const sockets = socketsOf(port);
  if (sockets.size === 0) return undefined;
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const pid = processes.find((one) => linksOf(`/proc/${one}/fd`).some((link) => sockets.has(link)));
  if (pid === undefined) return undefined;
  const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  return `${name} (process ${pid})`;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

export interface Wanted {
  readonly port: number;
  /** `control`. */
  readonly what: string;
  /** What gives another: `--control-port`. */
  readonly flag: string;
  /** It is our own platform that has it. */
  readonly ours: boolean;
}

export async function lookAtPort({ port, what, flag, ours }: Wanted): Promise<Finding> {
  if (ours) return finding('ports', 'good', `${port} (${what}): the platform that runs here`);
  if (await isFree(port)) return finding('ports', 'good', `${port} (${what}): free`);
  const holder = process.platform === 'linux' ? holderOf(port) : undefined;
  const who = holder ?? "another user's process";
  return finding(
    'ports',
    'poor',
    `${port} (${what}): taken by ${who}`,
    `agentcube up ${flag} ${port + 1000}, or end ${who}`,
  );
}
