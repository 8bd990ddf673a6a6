// The agent of the chaos runs: remembers in memory every operation it carried out, in order, and whose they were.
// Each operation carries an id and its session's label, so that one done twice, by another's sandbox or not at all is seen.
import { randomUUID } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';

const boot = randomUUID();
const ops: string[] = [];
const strangers = new Set<string>();
let label = '';

const reading = () => ({ label, boot, count: ops.length, strangers: [...strangers] });

function carryOut(query: URLSearchParams): object {
  const given = query.get('label') ?? '';
  if (label === '') label = given;
  if (given !== label) strangers.add(given);
  ops.push(query.get('op') ?? '');
  return reading();
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

type Route = (query: URLSearchParams, response: ServerResponse) => void;

const routes: Readonly<Record<string, Route>> = {
  'GET /health': (_query, response) => answer(response, 200, {}),
  'GET /ops': (_query, response) => answer(response, 200, { ...reading(), ops }),
  'POST /use': (query, response) => answer(response, 200, carryOut(query)),
  /** Carried out at once and answered late: the session is at work meanwhile. */
  'POST /slow': (query, response) => {
    const done = carryOut(query);
    setTimeout(() => answer(response, 200, done), Number(query.get('ms')));
  },
};

createServer((request, response) => {
  request.resume();
  const [path = '/', query] = (request.url ?? '/').split('?');
  const route = routes[`${request.method} ${path}`];
  if (route) route(new URLSearchParams(query), response);
  else answer(response, 404, { error: `no such route: ${request.method} ${path}` });
}).listen(Number(process.env.PORT ?? '8080'), undefined, 1024);
