// A gigabyte for an agent that sleeps: the body waits in the socket and flows through; the platform does not hold it.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { agentUrl, openAgent, pauseSession, sessionHeader } from '../support/client.ts';
import { probeFolder } from '../support/folder.ts';
import { startPlatform, type Platform } from '../support/platform.ts';

const megabyte = 1024 * 1024;
const size = 1024 * megabyte;
const chunk = Buffer.alloc(megabyte, 'x');
const mostGrowth = 100 * megabyte;

jest.setTimeout(300_000);

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform({ folder: probeFolder({ name: 'taker' }) });
});

afterAll(() => platform.dispose());

/** Memory of a process in bytes, what it shares with others included. */
function residentBytes(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}

function* gigabyte(): Generator<Buffer> {
  for (let sent = 0; sent < size; sent += chunk.length) yield chunk;
}

async function upload(
  url: string,
  headers: http.OutgoingHttpHeaders,
): Promise<{ status?: number; body: string }> {
  const request = http.request(url, { method: 'POST', headers: { ...headers, 'content-length': size } });
  const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).once('error', reject);
  });
  await Promise.all([pipeline(Readable.from(gigabyte()), request), answered]);
  const response = await answered;
  return { ...(response.statusCode && { status: response.statusCode }), body: await text(response) };
}

test('1 GB reaches a sleeping agent whole, and the platform stays as small as it was', async () => {
  const { id } = await openAgent(platform, 'taker');
  await pauseSession(platform, id);
  const before = residentBytes(platform.pid);
  let peak = before;
  const watching = setInterval(() => (peak = Math.max(peak, residentBytes(platform.pid))), 50);

  const answer = await upload(agentUrl(platform, 'taker', '/upload'), { [sessionHeader]: id });
  clearInterval(watching);

  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.body)).toMatchObject({ bytes: size });
  expect(peak - before).toBeLessThan(mostGrowth);
});
