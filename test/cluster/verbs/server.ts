// Owns: one kubectl command line against one API server, and what it printed with times, uids and versions taken out, as those are the
// only things in which two servers may differ. Does not own which command lines (table.ts) nor the servers.
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** What a command line came to. */
export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Asked {
  /** After `kubectl`, as in a shell; only single quotes mean something. */
  readonly line: string;
  readonly stdin?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

export interface Running {
  readonly outcome: Promise<Outcome>;
  readonly printed: () => string;
  end(): void;
}

const patienceMs = 60_000;

/** The words of a line, as a shell would split it. */
export const wordsOf = (line: string): string[] =>
  [...line.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ''));

const uid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Without what two servers may differ in. */
export const withoutTimes = (text: string): string =>
  text
    .replaceAll(uid, '<uid>')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ [+-]\d{4}/g, '<time>')
    .replaceAll(/(resourceVersion"?: ?|Resource Version: +)"?\d+"?/g, '$1<version>')
    // Ages are the only cells of a table that begin with a digit and end with a unit of time.
    .replaceAll(/(?<= {2})(?:\d+[dhms])+(?: +|$)/gm, '<age> ')
    .replaceAll(/(revision"?: |Revision: +)"?[0-9a-f]{10}"?/g, '$1<revision>')
    .replaceAll(/(LIVE|MERGED|kubectl-edit)-\d+/g, '$1-<n>')
    // A real API server tells problems that it found at once in any order.
    .replaceAll(
      /(?:^\* .*\n){2,}/gm,
      (problems) => problems.split('\n').toSorted().join('\n').trimStart() + '\n',
    );

export class Server {
  readonly #program: string;
  readonly #kubeconfig: string;
  readonly #home = mkdtempSync(path.join(os.tmpdir(), 'kubectl-home-'));

  constructor(program: string, kubeconfig: string) {
    this.#program = program;
    this.#kubeconfig = kubeconfig;
  }

  /** Runs it to its end. */
  run(asked: Asked): Promise<Outcome> {
    return this.start(asked).outcome;
  }

  /** Runs it until it ends by itself or is ended. */
  start({ line, stdin, env = {} }: Asked): Running {
    const child = spawn(this.#program, wordsOf(line), {
      env: { PATH: process.env['PATH'], HOME: this.#home, KUBECONFIG: this.#kubeconfig, ...env },
    });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.stdin.on('error', () => undefined).end(stdin ?? '');
    const late = setTimeout(() => child.kill('SIGTERM'), patienceMs);
    const outcome = new Promise<Outcome>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => {
        clearTimeout(late);
        resolve({ code, out: withoutTimes(out), err: withoutTimes(err) });
      });
    });
    return { outcome, printed: () => out, end: () => void child.kill('SIGTERM') };
  }
}
