// An agent that handles events and writes down, in a file that outlives it, which came and in what order.
// What it answers is in the event's type: `refuse…` 400, `hiccup…` 503 the first time, `ask…` a reply that is an event.
import { appendFileSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';

const file = join(process.cwd(), 'seen');

const seen = (): string[] => {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
};

function handle(request: IncomingMessage, response: ServerResponse, body: string): void {
  const { 'ce-type': type = '', 'ce-id': id = '' } = request.headers;
  const told = `${String(id)} ${body}`;
  const first = !seen().includes(told);
  appendFileSync(file, `${told}\n`);
  if (String(type).startsWith('refuse')) return void response.writeHead(400).end('not this one');
  if (String(type).startsWith('hiccup') && first) return void response.writeHead(503).end();
  if (!String(type).startsWith('ask')) return void response.writeHead(202).end();
  const reply = {
    specversion: '1.0',
    type: 'told',
    source: '/listener',
    id: `reply-${String(id)}`,
    subject: 'replies',
  };
  response.writeHead(200, { 'content-type': 'application/cloudevents+json' });
  response.end(JSON.stringify(reply));
}

createServer((request, response) => {
  if (request.method === 'GET') return void response.end(JSON.stringify(seen()));
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => handle(request, response, Buffer.concat(chunks).toString()));
}).listen(Number(process.env['PORT'] ?? '8080'));
