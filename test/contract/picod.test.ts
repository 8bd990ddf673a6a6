// Every row of PicoD 0.1's tables, asked of the real daemon over its socket: common rules, health, execute.
// Files are in picod-files.test.ts.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { CodeDaemon } from '../support/code-daemon.ts';
import { sandboxMain, startCodeDaemon, token } from '../support/code-daemon.ts';
import { until } from '../support/until.ts';

const LIMIT = 33_554_432;
const JSON_TYPE = 'application/json; charset=utf-8';

let daemon: CodeDaemon;
beforeAll(async () => {
  daemon = await startCodeDaemon({ AGENTCUBE_OUTPUT_LIMIT_BYTES: '100000', LEFT_ALONE: 'yes' });
});
afterAll(() => daemon.stop());

const run = async (body: object) => {
  const answer = await daemon.post('/api/execute', body);
  expect(answer.status).toBe(200);
  return answer.json as {
    stdout: string;
    stderr: string;
    exit_code: number;
    duration: number;
    start_time: string;
    end_time: string;
  };
};
const refusal = (error: unknown, code = 400) => ({ error, code });

describe('starting', () => {
  test.each([
    ['no key', {}, /PICOD_AUTH_PUBLIC_KEY is missing/],
    ['a bad key', { PICOD_AUTH_PUBLIC_KEY: 'x' }, /PICOD_AUTH_PUBLIC_KEY is no such key/],
  ])('with %s the process exits', (_what, environment, message) => {
    const ended = spawnSync(process.execPath, [sandboxMain], { env: environment });
    expect(ended.status).toBe(1);
    expect(ended.stderr.toString()).toMatch(message);
  });
});

describe('health', () => {
  test('needs no token and is never compressed', async () => {
    const headers = { authorization: undefined, 'accept-encoding': 'gzip' };
    const answer = await daemon.call('GET', '/health', { headers });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe(JSON_TYPE);
    expect(answer.headers['content-encoding']).toBeUndefined();
    expect(answer.text).toMatch(
      /^\{"status":"ok","service":"PicoD","version":"0\.0\.1","uptime":"[\d.hm]+s"\}$/,
    );
  });
});

describe('unknown requests', () => {
  test.each([
    ['GET', '/'],
    ['GET', '/api'],
    ['GET', '/api/execute'],
    ['PUT', '/api/files'],
    ['DELETE', '/api/files/a.txt'],
    ['HEAD', '/health'],
    ['POST', '/health'],
  ])("%s %s is Gin's 404, without asking for a token", async (method, path) => {
    const answer = await daemon.call(method, path, { headers: { authorization: undefined } });
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toBe('text/plain');
    if (method !== 'HEAD') expect(answer.text).toBe('404 page not found');
  });

  test.each([
    ['GET', '/health/', 301, '/health'],
    ['POST', '/api/execute/', 307, '/api/execute'],
    ['POST', '/api/files/', 307, '/api/files'],
  ])('%s %s redirects', async (method, path, status, location) => {
    const answer = await daemon.call(method, path);
    expect([answer.status, answer.headers.location]).toEqual([status, location]);
  });
});

describe('the body limit', () => {
  test('a longer Content-Length is refused before anything else is looked at', async () => {
    const headers = { authorization: undefined, 'content-length': String(LIMIT + 1), expect: '100-continue' };
    const answer = await daemon.call('POST', '/api/execute', { headers });
    expect(answer.status).toBe(413);
    expect(answer.text).toBe(
      '{"error":"request body too large","detail":"maximum allowed size is 33554432 bytes"}',
    );
  });
  test('a chunked body is refused when it reaches the limit', async () => {
    const body = Array.from({ length: 33 }, () => Buffer.alloc(1024 * 1024, ' '));
    const answer = await daemon.call('POST', '/api/execute', { body });
    expect([answer.status, answer.json]).toEqual([400, refusal('http: request body too large')]);
  });
});

describe('authentication', () => {
  test.each([
    [undefined, 'Missing Authorization header', 'Request requires JWT authentication'],
    ['bearer x', 'Invalid Authorization header format', 'Use Bearer <token>'],
    ['Bearer  x', 'Invalid Authorization header format', 'Use Bearer <token>'],
    [
      'Bearer x',
      'Invalid token',
      'JWT verification failed: token is malformed: token contains an invalid number of segments',
    ],
    [
      `Bearer ${token({ exp: 1 })}`,
      'Invalid token',
      'JWT verification failed: token has invalid claims: token is expired',
    ],
  ])('%.20s', async (authorization, error, detail) => {
    for (const [method, path] of [
      ['POST', '/api/execute'],
      ['POST', '/api/files'],
      ['GET', '/api/files'],
      ['GET', '/api/files/x'],
    ] as const) {
      const answer = await daemon.call(method, path, { headers: { authorization } });
      expect([answer.status, answer.json]).toEqual([401, { error, code: 401, detail }]);
    }
  });

  test('a sandbox of one session refuses the tokens of another', async () => {
    const bound = await startCodeDaemon({ AGENTCUBE_SESSION_ID: 'mine' });
    try {
      const of = async (session: string) =>
        bound.call('GET', '/api/files?path=.', {
          headers: { authorization: `Bearer ${token({ session_id: session })}` },
        });
      expect((await of('mine')).status).toBe(200);
      expect((await of('other')).json).toEqual({
        error: 'Invalid token',
        code: 401,
        detail: 'JWT verification failed: token belongs to another session',
      });
    } finally {
      await bound.stop();
    }
  });

  test('authMode none asks for no token', async () => {
    const open = await startCodeDaemon({ AGENTCUBE_AUTH_MODE: 'none' });
    try {
      const answer = await open.call('GET', '/api/files?path=/', { headers: { authorization: undefined } });
      expect([answer.status, answer.text]).toEqual([200, '{"files":[]}']);
    } finally {
      await open.stop();
    }
  });
});

describe('execute', () => {
  test('runs the command directly and tells everything about it', async () => {
    const result = await run({ command: ['sh', '-c', 'echo out; echo err >&2; exit 3'] });
    expect(result).toEqual({
      stdout: 'out\n',
      stderr: 'err\n',
      exit_code: 3,
      duration: expect.any(Number),
      start_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/),
      end_time: expect.stringMatching(/Z$/),
    });
    expect(Date.parse(result.end_time)).toBeGreaterThanOrEqual(Date.parse(result.start_time));
  });
  test('no shell stands between', async () => {
    expect((await run({ command: ['echo', '$HOME', '*', 'a b'] })).stdout).toBe('$HOME * a b\n');
  });
  test('there is no input', async () => {
    expect(await run({ command: ['cat'] })).toMatchObject({ stdout: '', exit_code: 0 });
  });
  test("the environment is the daemon's and the request's, without the platform's socket", async () => {
    const { stdout } = await run({ command: ['env'], env: { ADDED: '1', LEFT_ALONE: 'changed' } });
    const lines = stdout.split('\n');
    expect(lines).toEqual(expect.arrayContaining(['ADDED=1', 'LEFT_ALONE=changed']));
    expect(stdout).toContain('PICOD_AUTH_PUBLIC_KEY=');
    expect(stdout).not.toContain('AGENTCUBE_SOCKET=');
  });
  test('a failing command is an answer', async () => {
    expect((await run({ command: ['false'] })).exit_code).toBe(1);
    expect((await run({ command: ['sh', '-c', 'kill -9 $$'] })).exit_code).toBe(-1);
  });
  test('what cannot start is 1, with the words of the system', async () => {
    const file = join(daemon.workspace, 'not-executable');
    writeFileSync(file, '');
    chmodSync(file, 0o644);
    const missing = {
      exit_code: 1,
      stdout: '',
      stderr: 'exec: "no-such-command": executable file not found in $PATH',
    };
    expect(await run({ command: ['no-such-command'] })).toMatchObject(missing);
    const nowhere = 'fork/exec /no/such: no such file or directory';
    expect(await run({ command: ['/no/such'] })).toMatchObject({ exit_code: 1, stderr: nowhere });
    const forbidden = 'fork/exec ./not-executable: permission denied';
    expect(await run({ command: ['./not-executable'] })).toMatchObject({ exit_code: 1, stderr: forbidden });
  });

  describe('timeouts', () => {
    test('the whole group is killed, what was printed is kept', async () => {
      const script = 'echo begun; sleep 47 & echo $! > pid; wait';
      const result = await run({ command: ['sh', '-c', script], timeout: '0.5s' });
      expect(result).toMatchObject({
        exit_code: 124,
        stdout: 'begun\n',
        stderr: 'Command timed out after 0 seconds',
      });
      const alive = await run({
        command: [
          'sh',
          '-c',
          'kill -0 $(cat pid) 2>/dev/null && ! grep -q "State:.Z" /proc/$(cat pid)/status',
        ],
      });
      expect(alive.exit_code).not.toBe(0);
    });
    test('the message rounds as Go does and follows what the command said', async () => {
      const result = await run({ command: ['sh', '-c', 'echo oh >&2; sleep 9'], timeout: '1.5s' });
      expect(result.stderr).toBe('oh\nCommand timed out after 2 seconds');
    });
    test.each(['0', '0s', '-1s'])('%s has passed before the start', async (timeout) => {
      const result = await run({ command: ['touch', 'never'], timeout });
      expect(result).toMatchObject({ exit_code: 124, stdout: '' });
      expect(existsSync(join(daemon.workspace, 'never'))).toBe(false);
    });
    test('an empty one is the default', async () => {
      expect((await run({ command: ['true'], timeout: '' })).exit_code).toBe(0);
    });
  });

  test('descendants that keep the pipes open do not delay the answer, and live on', async () => {
    const script = '(while [ ! -e on ]; do sleep 0.02; done; echo late; touch lived) & echo now';
    const result = await run({ command: ['sh', '-c', script] });
    expect(result).toMatchObject({ exit_code: 0, stdout: 'now\n' });
    writeFileSync(join(daemon.workspace, 'on'), '');
    await until(() => existsSync(join(daemon.workspace, 'lived')));
  });
  test('output beyond the limit is dropped, and said to be', async () => {
    const result = await run({
      command: ['sh', '-c', 'head -c 300000 /dev/zero | tr "\\0" x; echo oops >&2'],
    });
    expect(result.stdout).toBe('x'.repeat(100_000));
    expect(result.stderr).toBe('oops\n\n[stdout truncated: kept the first 100000 of 300000 bytes]\n');
  });
  test('all of an output just within the limit arrives', async () => {
    const result = await run({ command: ['sh', '-c', 'head -c 100000 /dev/zero | tr "\\0" y'] });
    expect([result.stdout.length, result.stderr]).toEqual([100_000, '']);
  });
  test('S2: a client that goes away does not stop the command, and the file that says it runs stays', async () => {
    const script = 'touch begun; while [ ! -e go ]; do sleep 0.02; done; touch finished';
    const body = JSON.stringify({ command: ['sh', '-c', script] });
    const headers = { authorization: `Bearer ${token()}`, 'content-length': body.length };
    const leaving = request({ socketPath: daemon.socket, method: 'POST', path: '/api/execute', headers });
    leaving.on('error', () => undefined);
    leaving.end(body);
    await until(() => existsSync(join(daemon.workspace, 'begun')));
    leaving.destroy();
    await daemon.call('GET', '/health');
    expect(readdirSync(daemon.busyDir)).toHaveLength(1);
    writeFileSync(join(daemon.workspace, 'go'), '');
    await until(() => readdirSync(daemon.busyDir).length === 0);
    expect(existsSync(join(daemon.workspace, 'finished'))).toBe(true);
  });
  test('S2: while it runs a file says so, afterwards none', async () => {
    const { stdout } = await run({ command: ['ls', daemon.busyDir] });
    expect(stdout).toMatch(/^command-\d+\n$/);
    expect(readdirSync(daemon.busyDir)).toEqual([]);
  });

  describe('working_dir', () => {
    test('is below the workspace and is made when missing', async () => {
      expect((await run({ command: ['pwd'] })).stdout).toBe(`${daemon.workspace}\n`);
      expect((await run({ command: ['pwd'], working_dir: '/new/dir' })).stdout).toBe(
        `${daemon.workspace}/new/dir\n`,
      );
      expect(statSync(join(daemon.workspace, 'new/dir')).mode & 0o777).toBe(0o755);
    });
    test('stays there', async () => {
      symlinkSync('/tmp', join(daemon.workspace, 'out'));
      const by = async (dir: string) => daemon.post('/api/execute', { command: ['pwd'], working_dir: dir });
      const traversal = "access denied: path '../x' escapes workspace jail (relative path traversal: ../x)";
      expect((await by('../x')).json).toEqual(refusal(`Invalid working directory: ${traversal}`));
      const link = "access denied: resolved path '/tmp/x' (from 'out/x') escapes workspace jail via symlink";
      expect((await by('out/x')).json).toEqual(refusal(`Invalid working directory: ${link}`));
    });
    test("a file in its place is the server's error", async () => {
      writeFileSync(join(daemon.workspace, 'a-file'), '');
      const answer = await daemon.post('/api/execute', { command: ['pwd'], working_dir: 'a-file' });
      const text = `Failed to create working directory: mkdir ${daemon.workspace}/a-file: not a directory`;
      expect([answer.status, answer.json]).toEqual([500, refusal(text, 500)]);
    });
  });

  test.each([
    ['', 'EOF'],
    ['{', 'unexpected EOF'],
    ['hello', "invalid character 'h' looking for beginning of value"],
    ['{}', "Key: 'ExecuteRequest.Command' Error:Field validation for 'Command' failed on the 'required' tag"],
    ['{"command":[]}', 'command cannot be empty'],
    [
      '{"command":"ls"}',
      'json: cannot unmarshal string into Go struct field ExecuteRequest.command of type []string',
    ],
    ['{"command":["ls"],"timeout":"10"}', 'Invalid timeout format: time: missing unit in duration "10"'],
    ['{"command":["ls"],"timeout":"soon"}', 'Invalid timeout format: time: invalid duration "soon"'],
  ])('the body %s is refused', async (body, error) => {
    const answer = await daemon.call('POST', '/api/execute', { body });
    expect([answer.status, answer.json]).toEqual([400, refusal(error)]);
    expect(answer.headers['content-type']).toBe(JSON_TYPE);
  });
  test('unknown fields, a second value and the content type do not matter', async () => {
    const body = '{"command":["echo","hi"],"more":1} {"command":[]}';
    const answer = await daemon.call('POST', '/api/execute', {
      body,
      headers: { 'content-type': 'text/csv' },
    });
    expect(answer.json).toMatchObject({ stdout: 'hi\n', exit_code: 0 });
  });
});

test('answers are compressed when the client accepts it', async () => {
  mkdirSync(join(daemon.workspace, 'compressed'));
  const headers = { 'accept-encoding': 'gzip, deflate' };
  const small = await daemon.call('GET', '/api/files?path=compressed', { headers });
  expect(small.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
  expect(gunzipSync(small.bytes).toString()).toBe('{"files":[]}');
  const body = JSON.stringify({ command: ['sh', '-c', 'head -c 99000 /dev/zero | tr "\\0" z'] });
  const large = await daemon.call('POST', '/api/execute', { headers, body });
  expect(JSON.parse(gunzipSync(large.bytes).toString())).toMatchObject({ stdout: 'z'.repeat(99_000) });
  expect((await daemon.call('GET', '/nowhere', { headers })).headers['content-encoding']).toBe('gzip');
});

test('what an earlier daemon left in the busy directory is removed, a wanted stop ends the process', async () => {
  const other = await startCodeDaemon();
  writeFileSync(join(other.busyDir, 'command-9'), '');
  other.process.kill('SIGTERM');
  expect(await new Promise((resolve) => other.process.once('exit', resolve))).toBe(0);
  await other.stop();
  const again = await startCodeDaemon({ AGENTCUBE_BUSY_DIR: daemon.busyDir });
  expect(readdirSync(daemon.busyDir)).toEqual([]);
  await again.stop();
});
