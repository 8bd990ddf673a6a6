// The agent of the end-to-end tests: it can do all that a test wants to see survive, fail or last.
// Every answer says who it is: its mark, its counts in memory and in a file, its process, and whether it ever met a
// request of another session than its first (`strangers`).
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { events, upgrade } from './streams.ts';

const {
  PORT = '8080',
  AGENTCUBE_BUSY_DIR = '/run/agentcube/busy',
  EXIT_AT_START,
  NEVER_READY,
  VERSION,
} = process.env;
const boot = randomUUID();
const workspace = process.cwd();

let mark = '';
let memory = 0;
let owner: string | undefined;
let strangers = 0;

const read = (name: string): string => {
  try {
    return readFileSync(join(workspace, name), 'utf8');
  } catch {
    return '';
  }
};

function write(name: string, text: string): void {
  writeFileSync(join(workspace, `${name}.new`), text);
  renameSync(join(workspace, `${name}.new`), join(workspace, name));
}

const state = () => ({
  boot,
  version: VERSION,
  strangers,
  mark,
  markInFile: read('mark'),
  memory,
  file: Number(read('count')),
});

function meet(request: IncomingMessage): void {
  const session = request.headers['x-agentcube-session-id'];
  if (typeof session !== 'string') return;
  owner ??= session;
  if (session !== owner) strangers += 1;
}

type Route = (request: IncomingMessage, response: ServerResponse, query: URLSearchParams) => void;

const number = (query: URLSearchParams, name: string): number => Number(query.get(name) ?? '0');

const takeMark: Route = (_request, response, query) => {
  mark = query.get('value') ?? '';
  write('mark', mark);
  answer(response, 200, state());
};

const count: Route = (_request, response) => {
  memory += 1;
  write('count', String(Number(read('count')) + 1));
  answer(response, 200, state());
};

const upload: Route = (request, response) => {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => (bytes += chunk.length));
  request.on('end', () => answer(response, 200, { ...state(), bytes }));
};

const slow: Route = (_request, response, query) => {
  setTimeout(() => answer(response, 200, state()), number(query, 'ms'));
};

const busy: Route = (_request, response, query) => {
  mkdirSync(AGENTCUBE_BUSY_DIR, { recursive: true });
  const flag = join(AGENTCUBE_BUSY_DIR, 'probing');
  writeFileSync(flag, '');
  setTimeout(() => rmSync(flag, { force: true }), number(query, 'ms'));
  answer(response, 202, state());
};

/** Takes so much memory and touches it, unless the kernel objects. */
const hog: Route = (_request, response, query) => {
  const taken: Buffer[] = [];
  while (taken.length < number(query, 'megabytes')) taken.push(Buffer.alloc(1024 * 1024, 1));
  answer(response, 200, { ...state(), megabytes: taken.length });
};

const routes: Readonly<Record<string, Route>> = {
  'GET /health': (_request, response) => answer(response, NEVER_READY ? 503 : 200, {}),
  'GET /': (_request, response) => answer(response, 200, state()),
  'POST /mark': takeMark,
  'POST /count': count,
  'POST /upload': upload,
  'POST /slow': slow,
  'POST /busy': busy,
  'GET /events': events,
  'POST /crash': (_request, _response, query) => process.exit(number(query, 'code')),
  'POST /hog': hog,
};

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

if (EXIT_AT_START) process.exit(Number(EXIT_AT_START));

createServer((request, response) => {
  meet(request);
  const [path = '/', query] = (request.url ?? '/').split('?');
  const route = routes[`${request.method} ${path}`];
  if (route) route(request, response, new URLSearchParams(query));
  else answer(response, 404, { error: `no such route: ${request.method} ${path}` });
})
  .on('upgrade', upgrade)
  .listen(Number(PORT), undefined, 1024);
