// The code daemon as a process of its own on a unix socket, as a sandbox runs it, and a client that shows every byte of an answer.
// Keys are made here: tests sign whatever token they need.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { daemonNodeFlags } from '../../sandbox/flags.ts';

/** The entry of the programs inside a sandbox. */
export const sandboxMain = fileURLToPath(new URL('../../sandbox/main.ts', import.meta.url));

const keys = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token as the router signs it, valid for five minutes unless the claims say otherwise. */
export function token(claims: object = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const signed = `${encode({ alg: 'RS256' })}.${encode({ exp: now + 300, iat: now, ...claims })}`;
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), keys.privateKey).toString('base64url')}`;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

export interface Asked {
  readonly headers?: Record<string, string | undefined>;
  /** Several pieces are sent chunked, without a Content-Length. */
  readonly body?: string | Buffer | readonly (string | Buffer)[];
}

export interface CodeDaemon {
  readonly workspace: string;
  readonly busyDir: string;
  readonly socket: string;
  readonly process: ChildProcess;
  /** One request with a valid token, unless its headers say otherwise (undefined: no such header). */
  call(method: string, path: string, asked?: Asked): Promise<Answer>;
  /** POST with a JSON body. */
  post(path: string, body: unknown): Promise<Answer>;
  stop(): Promise<void>;
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** One request to a unix socket; rejects when the connection breaks before the whole answer. */
export function callSocket(
  socketPath: string,
  method: string,
  path: string,
  asked: Asked = {},
): Promise<Answer> {
  const { body = [], headers = {} } = asked;
  const pieces = typeof body === 'string' || Buffer.isBuffer(body) ? [body] : body;
  const known = pieces.length === 1 ? { 'content-length': String(Buffer.byteLength(pieces[0] ?? '')) } : {};
  const given = Object.entries({ ...known, ...headers }).filter((pair) => pair[1] !== undefined);
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path, headers: Object.fromEntries(given), agent: false });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('error', reject);
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const text = bytes.toString();
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          bytes,
          text,
          json: parsed(text),
        });
      });
    });
    for (const piece of pieces) outgoing.write(piece);
    outgoing.end();
  });
}

/** Resolves when somebody listens on the socket. Rejects when the process ends first. */
export async function listening(socketPath: string, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null)
      throw new Error(`the program ended with ${child.exitCode} before it listened`);
    const isOpen = await new Promise<boolean>((resolve) => {
      const probe = connect(socketPath, () => {
        probe.destroy();
        resolve(true);
      });
      probe.on('error', () => {
        resolve(false);
      });
    });
    if (isOpen) return;
    await sleep(10);
  }
}

/** Waits for the process to end and gives its exit code. */
export function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once('exit', resolve));
}

/** Starts a daemon with a workspace of its own. */
export async function startCodeDaemon(environment: Record<string, string> = {}): Promise<CodeDaemon> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'code-daemon-')));
  const [workspace, busyDir, socket] = ['workspace', 'busy', '8080.sock'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  mkdirSync(workspace);
  const child = spawn(process.execPath, [...daemonNodeFlags, sandboxMain, 'daemon'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      PATH: process.env['PATH'] ?? '',
      PICOD_AUTH_PUBLIC_KEY: keys.publicKey,
      AGENTCUBE_SOCKET: socket,
      AGENTCUBE_WORKSPACE: workspace,
      AGENTCUBE_BUSY_DIR: busyDir,
      ...environment,
    },
  });
  await listening(socket, child);
  const call = (method: string, path: string, asked: Asked = {}): Promise<Answer> =>
    callSocket(socket, method, path, {
      ...asked,
      headers: { authorization: `Bearer ${token()}`, ...asked.headers },
    });
  return {
    workspace,
    busyDir,
    socket,
    process: child,
    call,
    post: (path, body) => call('POST', path, { body: JSON.stringify(body) }),
    stop: async () => {
      child.kill('SIGKILL');
      await ended(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
