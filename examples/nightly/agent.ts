// An agent that nobody calls: a schedule wakes it. Each night it writes a report into its workspace and removes old ones.
// Its session is the same every night, so a variable counts the nights; what must outlive a crash is in files.
// A tick that comes twice writes the same file twice. Node built-ins only; Node strips the types itself.
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';

const { PORT = '8080', AGENTCUBE_WORKSPACE = process.cwd() } = process.env;
const keptReports = 7;

const ticks = new Set<string>();

const reports = (): string[] =>
  readdirSync(AGENTCUBE_WORKSPACE)
    .filter((name) => /^report-.*\.txt$/.test(name))
    .sort();

const told = () => ({ agent: 'nightly', ticks: ticks.size, reports: reports() });

/** One tick: `ce-id` names it, `ce-time` says which one, also when it comes late. */
function tick({ headers }: IncomingMessage, response: ServerResponse): void {
  const { 'ce-id': id, 'ce-time': time } = headers;
  if (typeof id !== 'string' || typeof time !== 'string') {
    answer(response, 400, { error: 'a tick has an id and a time' });
    return;
  }
  ticks.add(id);
  const name = `report-${time.replaceAll(/[^0-9T]/g, '').slice(0, 13)}.txt`;
  writeFileSync(join(AGENTCUBE_WORKSPACE, name), `tick ${ticks.size} of this session, due ${time}\n`);
  for (const old of reports().slice(0, -keptReports)) rmSync(join(AGENTCUBE_WORKSPACE, old));
  answer(response, 200, told());
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const routes: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>> = {
  'GET /': (_request, response) => answer(response, 200, told()),
  'GET /health': (_request, response) => answer(response, 200, { status: 'ok' }),
  'POST /tick': tick,
};

createServer((request, response) => {
  request.resume();
  const route = routes[`${request.method} ${(request.url ?? '/').replace(/\?.*/, '')}`];
  if (route) route(request, response);
  else answer(response, 404, { error: 'no such route', try: Object.keys(routes) });
}).listen(Number(PORT));
