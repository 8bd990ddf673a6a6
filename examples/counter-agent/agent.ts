// An agent that counts twice: in a variable, which lives as long as its process, and in a file of its workspace,
// which lives as long as its session. Pausing keeps both; a crash or a stop of the platform keeps the file.
// Node built-ins only; Node strips the types itself, so there is nothing to build.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';

const { PORT = '8080', AGENTCUBE_WORKSPACE = process.cwd(), AGENTCUBE_BUSY_DIR } = process.env;
const countFile = join(AGENTCUBE_WORKSPACE, 'count');
const longestWorkSeconds = 3_600;

let inMemory = 0;
let works = 0;

/** What the file says; 0 when there is none yet. */
function inFile(): number {
  try {
    return Number(readFileSync(countFile, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

/** Replaces the file in one step: whoever is stopped in the middle leaves the old count or the new one. */
function writeCount(count: number): void {
  writeFileSync(`${countFile}.new`, String(count));
  renameSync(`${countFile}.new`, countFile);
}

const counts = () => ({ agent: 'counter-agent', memory: inMemory, file: inFile() });

function count(_request: IncomingMessage, response: ServerResponse): void {
  inMemory += 1;
  writeCount(inFile() + 1);
  answer(response, 200, counts());
}

/** Server-sent events: the counts now and once a second, until the caller goes. An open stream keeps the session awake. */
function events(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const tick = (): void => void response.write(`data: ${JSON.stringify(counts())}\n\n`);
  tick();
  const ticking = setInterval(tick, 1_000);
  response.on('close', () => clearInterval(ticking));
}

/**
 * Work that goes on after the answer. Nobody is connected then, so the agent says itself that it is not idle:
 * a file in AGENTCUBE_BUSY_DIR, named after the reason, keeps the session awake until it is removed.
 */
function work(request: IncomingMessage, response: ServerResponse): void {
  const seconds = Number(query(request).get('seconds') ?? '10');
  if (!(seconds > 0 && seconds <= longestWorkSeconds)) {
    answer(response, 400, { error: `seconds must be a number from 0 to ${longestWorkSeconds}` });
    return;
  }
  works += 1;
  const end = stayAwake(`work-${works}`);
  setTimeout(end, seconds * 1_000);
  answer(response, 202, { working: `work-${works}`, seconds });
}

/** Keeps the session awake until the returned function is called. Without the folder (another platform) it does nothing. */
function stayAwake(reason: string): () => void {
  if (AGENTCUBE_BUSY_DIR === undefined) return () => undefined;
  mkdirSync(AGENTCUBE_BUSY_DIR, { recursive: true });
  const flag = join(AGENTCUBE_BUSY_DIR, reason);
  writeFileSync(flag, '');
  return () => rmSync(flag, { force: true });
}

const routes: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>> = {
  'GET /': (_request, response) => answer(response, 200, { ...counts(), try: Object.keys(routes) }),
  'GET /health': (_request, response) => answer(response, 200, { status: 'ok' }),
  'POST /count': count,
  'GET /events': events,
  'POST /work': work,
};

const pathOf = (request: IncomingMessage): string => (request.url ?? '/').replace(/\?.*/, '');
const query = (request: IncomingMessage): URLSearchParams =>
  new URLSearchParams((request.url ?? '').split('?')[1]);

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

createServer((request, response) => {
  const name = `${request.method} ${pathOf(request)}`;
  const route = routes[name];
  if (route) route(request, response);
  else answer(response, 404, { error: `no such route: ${name}`, try: Object.keys(routes) });
}).listen(Number(PORT));
