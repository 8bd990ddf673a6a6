// What is open is work in hand (S2): a stream and a socket keep their sessions awake for many times `pauseAfter`.
// Both are held open at the same time, so that two minutes of each are two minutes.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, jest, test } from '@jest/globals';
import { agentUrl, openAgent, sessionHeader, untilState, viewSession } from '../support/client.ts';
import { numberFrom } from '../support/crowd.ts';
import { probeFolder } from '../support/folder.ts';
import { startPlatform } from '../support/platform.ts';

const openForMs = numberFrom('E2E_STREAM_SECONDS', 8) * 1_000;
const lookEveryMs = 250;

jest.setTimeout(120_000 + openForMs);

const platform = await startPlatform({
  folder: probeFolder({ name: 'talker', spec: { pauseAfter: '1s' } }),
});

afterAll(() => platform.dispose());

/** The states that a session is seen in while the stream is held open. */
async function statesMeanwhile(id: string): Promise<string[]> {
  const seen = new Set<string>();
  for (const end = Date.now() + openForMs; Date.now() < end; await sleep(lookEveryMs)) {
    seen.add((await viewSession(platform, id)).state);
  }
  return [...seen];
}

/** Events as they come, until the stream is given up. */
async function readEvents(response: Response, into: number[]): Promise<void> {
  const stream = response.body?.pipeThrough(new TextDecoderStream());
  for await (const part of stream ?? []) {
    for (const [, number] of part.matchAll(/data: (\d+)/g)) into.push(Number(number));
  }
}

test.concurrent(
  'an event stream: every event arrives, and the session sleeps when it is closed',
  async () => {
    const { id } = await openAgent(platform, 'talker');
    const closing = new AbortController();
    const url = agentUrl(platform, 'talker', '/events');
    const response = await fetch(url, { headers: { [sessionHeader]: id }, signal: closing.signal });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const events: number[] = [];
    const reading = readEvents(response, events).catch((fault: unknown) => fault);

    expect(await statesMeanwhile(id)).toEqual(['running']);
    expect(events.length).toBeGreaterThan(1);
    expect(events).toEqual(events.map((_, index) => index + 1));

    closing.abort();
    await reading;
    await untilState(platform, id, 'paused');
  },
);

const nextMessage = (socket: WebSocket, wanted: string): Promise<void> =>
  new Promise((resolve) => {
    const look = (event: MessageEvent): void => {
      if (event.data !== wanted) return;
      socket.removeEventListener('message', look);
      resolve();
    };
    socket.addEventListener('message', look);
  });

test.concurrent('a WebSocket: it echoes to the end, and the session sleeps when it is closed', async () => {
  const { id } = await openAgent(platform, 'talker');
  const url = agentUrl(platform, 'talker', '/socket').replace('http:', 'ws:');
  const socket = new WebSocket(url, { headers: { [sessionHeader]: id } });
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', () => reject(new Error('the socket did not open')));
  });
  let closed = false;
  socket.addEventListener('close', () => (closed = true));

  const ticking = nextMessage(socket, 'tick');
  expect(await statesMeanwhile(id)).toEqual(['running']);
  await ticking;
  expect(closed).toBe(false);
  const echo = nextMessage(socket, 'still there?');
  socket.send('still there?');
  await echo;

  socket.close();
  await untilState(platform, id, 'paused');
});
