// Agent mode as a sandbox runs it: a server that knows only PORT, reached through a unix socket.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { callSocket, ended, listening, sandboxMain } from '../support/code-daemon.ts';
import type { Answer } from '../support/code-daemon.ts';

let folder: string;
let port: number;
let child: ChildProcess | undefined;

/** A port that was free a moment ago. */
const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'agent-mode-'));
  port = await freePort();
});
afterEach(async () => {
  if (child !== undefined) {
    child.kill('SIGTERM');
    await ended(child);
  }
  child = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const socket = (): string => join(folder, `${port}.sock`);

async function start(...command: string[]): Promise<ChildProcess> {
  child = spawn(process.execPath, [sandboxMain, 'agent', '--', ...command], {
    stdio: ['ignore', 'pipe', 'ignore'],
    cwd: folder,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      AGENTCUBE_RUN_DIR: folder,
      AGENTCUBE_PORTS: String(port),
      AGENTCUBE_SOCKET: '/nowhere',
    },
  });
  await listening(socket(), child);
  return child;
}

/** Asks until the agent listens; until then each connection is reset before a byte. */
async function askWhenUp(path: string): Promise<Answer> {
  for (;;) {
    try {
      return await callSocket(socket(), 'GET', path);
    } catch (error) {
      expect((error as { code?: string }).code).toMatch(/ECONNRESET|EPIPE/);
      await sleep(20);
    }
  }
}

const echo = `require('net').createServer({ allowHalfOpen: true }, (s) => {
  let all = ''; s.on('data', (d) => (all += d)); s.on('end', () => s.end('heard ' + all.length));
}).listen(process.env.PORT, '127.0.0.1')`;

describe('the forwarder', () => {
  test('reaches an HTTP server in Python', async () => {
    writeFileSync(join(folder, 'hello.txt'), 'hello from python');
    await start(
      'python3',
      '-c',
      `import os, http.server as h; h.HTTPServer(('127.0.0.1', int(os.environ['PORT'])), h.SimpleHTTPRequestHandler).serve_forever()`,
    );
    const answer = await askWhenUp('/hello.txt');
    expect([answer.status, answer.text]).toEqual([200, 'hello from python']);
  });
  test('reaches one in Node that listens on localhost, and the environment has PORT and no AGENTCUBE_SOCKET', async () => {
    await start(
      process.execPath,
      '-e',
      `require('http').createServer((q, r) => r.end(JSON.stringify(process.env))).listen(process.env.PORT, 'localhost')`,
    );
    const { json } = await askWhenUp('/');
    expect(json['PORT']).toBe(String(port));
    expect(json['AGENTCUBE_SOCKET']).toBeUndefined();
  });
  test('passes a half-close on: the agent hears the end and still answers', async () => {
    await start(process.execPath, '-e', echo);
    const talk = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const client = connect({ path: socket(), allowHalfOpen: true });
        let heard = '';
        client.on('error', reject);
        client.on('data', (chunk) => (heard += chunk.toString()));
        client.on('end', () => resolve(heard));
        client.end('x'.repeat(1_000_000));
      });
    for (;;) {
      try {
        expect(await talk()).toBe('heard 1000000');
        return;
      } catch (error) {
        if (!/ECONNRESET|EPIPE/.test(String((error as { code?: string }).code))) throw error;
        await sleep(20);
      }
    }
  });
  test('resets the caller while the agent does not listen', async () => {
    await start(process.execPath, '-e', 'setInterval(() => {}, 1000)');
    await expect(callSocket(socket(), 'GET', '/')).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
  test('replaces a socket that nobody answers on, and leaves one that somebody does', async () => {
    const own = createServer((client) => {
      // The one who looks whether somebody is here hangs up without listening.
      client.on('error', () => client.destroy());
      client.end('own');
    });
    await new Promise<void>((resolve) => own.listen(socket(), resolve));
    await start(process.execPath, '-e', 'setInterval(() => {}, 1000)');
    const heard = await new Promise<string>((resolve) =>
      connect(socket()).on('data', (chunk) => resolve(chunk.toString())),
    );
    expect(heard).toBe('own');
    await new Promise((resolve) => own.close(resolve));
  });
});

describe("the agent's end", () => {
  const run = async (...command: string[]): Promise<number | null> => {
    const done = spawn(process.execPath, [sandboxMain, 'agent', '--', ...command], {
      stdio: 'ignore',
      env: { PATH: process.env['PATH'] ?? '', AGENTCUBE_RUN_DIR: folder, AGENTCUBE_PORTS: String(port) },
    });
    return ended(done);
  };
  test.each([
    ['its code', ['sh', '-c', 'exit 7'], 7],
    ['128 and the signal', ['sh', '-c', 'kill -KILL $$'], 137],
    ['127 when there is no such command', ['no-such-command'], 127],
    ['126 when it may not run', ['/etc/passwd'], 126],
  ])('is passed on: %s', async (_what, command, code) => {
    expect(await run(...command)).toBe(code);
  });
  test("a signal to stop is the agent's to answer", async () => {
    const script = `trap 'touch stopped; exit 5' TERM; echo ready; while :; do sleep 0.05; done`;
    const program = await start('sh', '-c', script);
    await new Promise((resolve) => program.stdout?.once('data', resolve));
    program.kill('SIGTERM');
    expect(await ended(program)).toBe(5);
    expect(existsSync(join(folder, 'stopped'))).toBe(true);
  });
});
