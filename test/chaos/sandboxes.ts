// Which processes of this machine are of which sandbox, by the kernel's lists: the platform is not asked.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const text = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // a process that has gone meanwhile
  }
};

/** Living processes by sandbox: by what they have mounted or were started with. `dataDir`: of whose sandboxes. */
export function sandboxProcesses(dataDir: string): Map<string, number[]> {
  const name = path.basename(path.dirname(dataDir));
  const pattern = new RegExp(`${name}/data/sandboxes/([^/\\s\\0]+)/`, 'g');
  const found = new Map<string, number[]>();
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const told = ['mountinfo', 'cmdline', 'environ'].map((file) => text(`/proc/${pid}/${file}`)).join('\n');
    for (const id of new Set([...told.matchAll(pattern)].flatMap(([, named]) => named ?? [])))
      found.set(id, [...(found.get(id) ?? []), Number(pid)]);
  }
  return found;
}

/** kill -9; one that has gone meanwhile is left alone. */
export function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has gone.
  }
}
