// The agent of the chaos runs of events: writes down each event that it handles, in a file of its workspace, which outlives its
// process. It is written down when its handling begins, so that a kill in the middle shows as one that was handled twice.
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const boot = randomUUID();
const file = '/workspace/handled.jsonl';
const inHand: string[] = [];

interface Told {
  readonly id: string;
  readonly subject: string;
  readonly data: { readonly workMs?: number; readonly refuse?: boolean };
}

const one = (value: string | string[] | undefined): string => [value].flat()[0] ?? '';

function told({ headers }: IncomingMessage, body: string): Told {
  if (one(headers['content-type']).startsWith('application/cloudevents+json'))
    return JSON.parse(body) as Told;
  const data = JSON.parse(body) as Told['data'];
  return { id: one(headers['ce-id']), subject: one(headers['ce-subject']), data };
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function answer(response: ServerResponse, status: number, body = ''): void {
  response.writeHead(status, { 'content-type': 'text/plain', 'content-length': body.length }).end(body);
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { id, subject, data } = told(request, await read(request));
  if (data.refuse === true) return answer(response, 422, 'this one is to be refused');
  const session = one(request.headers['x-agentcube-session-id']);
  const line = { id, subject, session, at: Date.now(), boot, beside: inHand.filter((other) => other !== id) };
  appendFileSync(file, `${JSON.stringify(line)}\n`);
  inHand.push(id);
  await sleep(data.workMs ?? 0);
  inHand.splice(inHand.indexOf(id), 1);
  answer(response, 204);
}

createServer((request, response) => {
  if (request.method === 'POST') void handle(request, response).catch(() => response.destroy());
  else answer(response, request.url === '/health' ? 200 : 404);
}).listen(Number(process.env.PORT ?? '8080'), undefined, 1024);
