// An agent for tests of drivers: counts in memory, and does to itself whatever a request says. Runs inside a sandbox.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';

interface Reply {
  readonly value?: unknown;
  readonly refused?: string;
}

let count = 0;
let ticks = 0;
const hoard: Buffer[] = [];
setInterval(() => (ticks += 1), 5);

const codeOf = (fault: unknown): string => (fault as NodeJS.ErrnoException).code ?? String(fault);

function attempt(work: () => unknown): Reply {
  try {
    return { value: work() };
  } catch (fault) {
    return { refused: codeOf(fault) };
  }
}

const connect = (port: number): Promise<Reply> =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => resolve({ value: 'connected' }));
    socket.on('error', (fault) => resolve({ refused: codeOf(fault) }));
  });

const codeOfCommand = (command: string, ...args: string[]): Promise<Reply> =>
  new Promise((resolve) => spawn(command, args).on('close', (value) => resolve({ value })));

const acts: Readonly<Record<string, (argument: string) => Reply | Promise<Reply>>> = {
  count: () => ({ value: (count += 1) }),
  ticks: () => ({ value: ticks }),
  environment: () => ({ value: process.env }),
  interfaces: () => ({ value: Object.keys(os.networkInterfaces()) }),
  list: (name) => attempt(() => fs.readdirSync(name)),
  read: (name) => attempt(() => fs.readFileSync(name, 'utf8')),
  write: (name) => attempt(() => fs.writeFileSync(name, 'written')),
  forget: (name) => attempt(() => fs.rmSync(name)),
  status: () => ({ value: fs.readFileSync('/proc/self/status', 'utf8') }),
  child: () => ({ value: spawn('sleep', ['600'], { detached: true, stdio: 'ignore' }).pid }),
  namespace: () => codeOfCommand('unshare', '-U', 'true'),
  connect: (port) => connect(Number(port)),
  exit: (code) => process.exit(Number(code)),
  die: (signal) => ({ value: process.kill(process.pid, signal) }),
  eat: (mebibytes) => {
    for (let eaten = 0; eaten < Number(mebibytes); eaten += 4) hoard.push(Buffer.alloc(4 * 1024 * 1024, 1));
    return { value: hoard.length };
  },
};

async function reply(url: string): Promise<Reply> {
  const [name = '', argument = ''] = url.slice(1).split('?').map(decodeURIComponent);
  return (await acts[name]?.(argument)) ?? { refused: 'unknown' };
}

const server = http.createServer((request, response) => {
  void reply(request.url ?? '').then((answer) => response.end(JSON.stringify(answer)));
});

console.log('the probe agent begins');
const [mode, argument] = process.argv.slice(2);
if (mode === 'fail') process.exit(Number(argument));
if (mode !== 'silent') server.listen(Number(process.env['PORT']), process.env['HOST'] ?? '127.0.0.1');
