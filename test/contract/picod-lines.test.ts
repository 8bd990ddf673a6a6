// A command's output while it runs, which is beyond PicoD: asked of the real daemon over its socket.
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startCodeDaemon, token, type CodeDaemon } from '../support/code-daemon.ts';
import { until } from '../support/until.ts';

let daemon: CodeDaemon;
beforeAll(async () => {
  daemon = await startCodeDaemon({ AGENTCUBE_OUTPUT_LIMIT_BYTES: '1000' });
});
afterAll(() => daemon.stop());

const accepted = 'application/x-ndjson, application/json';

interface Line {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exit_code?: number;
}

/** The answer's head, its body unread. */
function begin(body: object): Promise<{ asked: ClientRequest; response: IncomingMessage }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token()}`, accept: accepted, 'accept-encoding': 'gzip' };
    const asked = request({ socketPath: daemon.socket, method: 'POST', path: '/api/execute', headers });
    asked.once('response', (response) => resolve({ asked, response }));
    asked.on('error', reject);
    asked.end(JSON.stringify(body));
  });
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<Line> {
  let kept = '';
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    const parts = (kept + chunk).split('\n');
    kept = parts.pop() ?? '';
    yield* parts.map((part) => JSON.parse(part) as Line);
  }
}

async function all(body: object): Promise<Line[]> {
  const { response } = await begin(body);
  const lines: Line[] = [];
  for await (const line of linesOf(response)) lines.push(line);
  return lines;
}

const textOf = (lines: readonly Line[], name: 'stdout' | 'stderr'): string =>
  lines.map((line) => line[name] ?? '').join('');

describe('a command whose caller accepts lines', () => {
  test('is heard while it runs', async () => {
    const { response } = await begin({
      command: ['sh', '-c', 'echo one; until [ -e go ]; do sleep 0.02; done; echo two'],
    });
    expect(response.headers).toMatchObject({
      'content-type': 'application/x-ndjson',
      'cache-control': 'no-store',
    });
    expect(response.headers['content-encoding']).toBeUndefined();
    const lines = linesOf(response);
    expect((await lines.next()).value).toEqual({ stdout: 'one\n' });
    await daemon.post('/api/execute', { command: ['touch', 'go'] });
    expect((await lines.next()).value).toEqual({ stdout: 'two\n' });
    expect((await lines.next()).value).toEqual({
      exit_code: 0,
      duration: expect.any(Number),
      start_time: expect.any(String),
      end_time: expect.any(String),
    });
    expect((await lines.next()).done).toBe(true);
  });

  test('is told as it would be told whole, and all that it prints', async () => {
    const lines = await all({
      command: ['sh', '-c', 'head -c 300000 /dev/zero | tr "\\0" x; echo no >&2; exit 3'],
    });
    expect(textOf(lines, 'stdout')).toBe('x'.repeat(300_000));
    expect(textOf(lines, 'stderr')).toBe('no\n');
    expect(lines.at(-1)).toMatchObject({ exit_code: 3 });
  });

  test('never has a character cut, and what is none is marked', async () => {
    const lines = await all({
      command: ['sh', '-c', "printf '\\303'; sleep 0.1; printf '\\244'; sleep 0.1; printf '\\377\\303'"],
    });
    expect(lines.map(({ stdout }) => stdout).filter(Boolean)).toEqual(['\u00e4', '\ufffd', '\ufffd']);
  });

  test.each([
    [
      'its time is up',
      { command: ['sleep', '9'], timeout: '50ms' },
      124,
      'Command timed out after 0 seconds',
    ],
    [
      'its time was up before',
      { command: ['true'], timeout: '0s' },
      124,
      'Command timed out after 0 seconds',
    ],
    ['it cannot be started', { command: ['no-such-program'] }, 1, /executable file not found/],
    ['a signal ends it', { command: ['sh', '-c', 'kill -9 $$'] }, -1, ''],
  ])('when %s says so', async (_, body, code, words) => {
    const lines = await all(body);
    expect(lines.at(-1)).toMatchObject({ exit_code: code });
    expect(textOf(lines, 'stderr')).toEqual(words instanceof RegExp ? expect.stringMatching(words) : words);
  });

  test('that is malformed is refused as ever', async () => {
    const { response } = await begin({ command: [] });
    expect(response.statusCode).toBe(400);
    response.resume();
  });

  test('ends when its caller goes, and with it what it started', async () => {
    const { asked, response } = await begin({
      command: ['sh', '-c', 'echo up; (while :; do touch beat; sleep 0.02; done) & wait'],
    });
    await linesOf(response).next();
    await until(() => existsSync(path.join(daemon.workspace, 'beat')));
    expect(readdirSync(daemon.busyDir)).toHaveLength(1);
    asked.destroy();
    await until(() => readdirSync(daemon.busyDir).length === 0);
    const beat = statSync(path.join(daemon.workspace, 'beat')).mtimeMs;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(statSync(path.join(daemon.workspace, 'beat')).mtimeMs).toBe(beat);
  });

  test('waits for a caller that does not read, and loses nothing', async () => {
    const { response } = await begin({
      command: ['sh', '-c', 'head -c 8000000 /dev/zero | tr "\\0" y; touch printed'],
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(existsSync(path.join(daemon.workspace, 'printed'))).toBe(false);
    let length = 0;
    for await (const { stdout = '' } of linesOf(response)) length += stdout.length;
    expect(length).toBe(8_000_000);
  });
});
