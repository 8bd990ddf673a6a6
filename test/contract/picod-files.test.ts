// Every row of PicoD 0.1's file tables, asked of the real daemon over its socket: upload, list, download.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  existsSync,
  chmodSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { CodeDaemon } from '../support/code-daemon.ts';
import { startCodeDaemon } from '../support/code-daemon.ts';

let daemon: CodeDaemon;
const at = (name: string): string => join(daemon.workspace, name);
beforeAll(async () => {
  daemon = await startCodeDaemon();
  mkdirSync(at('dir/sub'), { recursive: true });
  writeFileSync(at('dir/b.txt'), 'bee');
  writeFileSync(at('dir/A.txt'), '');
  symlinkSync('b.txt', at('dir/link'));
  symlinkSync('/etc', at('out'));
  symlinkSync('/tmp/agentcube-no-such-file', at('dangling'));
  writeFileSync(at('ten.txt'), '0123456789');
  utimesSync(at('ten.txt'), 1_785_578_400, 1_785_578_400.25);
});
afterAll(() => daemon.stop());

const refusal = (error: unknown, code = 400) => ({ error, code });
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const missing = (field: string): string =>
  `Key: 'UploadFileRequest.${field}' Error:Field validation for '${field}' failed on the 'required' tag`;
const traversal = "access denied: path '../x' escapes workspace jail (relative path traversal: ../x)";
const viaLink = (path: string, from: string): string =>
  `access denied: resolved path '${path}' (from '${from}') escapes workspace jail via symlink`;

interface Part {
  readonly name: string;
  readonly filename?: string;
  readonly body: string | Buffer;
}
function form(
  parts: readonly Part[],
  end = '--edge--\r\n',
): { body: Buffer; headers: Record<string, string> } {
  const pieces = parts.flatMap(({ name, filename, body }) => {
    const file = filename === undefined ? '' : `; filename="${filename}"\r\nContent-Type: text/plain`;
    return [`--edge\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`, body, '\r\n'];
  });
  const body = Buffer.concat([...pieces, end].map((piece) => Buffer.from(piece)));
  return { body, headers: { 'content-type': 'multipart/form-data; boundary=edge' } };
}

describe('upload as JSON', () => {
  test('makes parents and the file, and describes it', async () => {
    const answer = await daemon.post('/api/files', {
      path: '/up/load/a.sh',
      content: base64('echo hi\n'),
      mode: '0750',
    });
    expect(answer.status).toBe(200);
    expect(answer.text).toMatch(
      /^\{"path":"up\/load\/a\.sh","size":8,"mode":"-rwxr-x---","modified":"\d{4}-\d\d-\d\dT[\d:]{8}(\.\d{1,9})?Z"\}$/,
    );
    expect(readFileSync(at('up/load/a.sh'), 'utf8')).toBe('echo hi\n');
    expect(statSync(at('up/load')).mode & 0o777).toBe(0o755);
  });
  test.each([undefined, '', '0999', '1777', 'rw'])('the mode %s means 0644', async (mode) => {
    const answer = await daemon.post('/api/files', { path: `mode-${mode}`, content: base64('x'), mode });
    expect(answer.json['mode']).toBe('-rw-r--r--');
  });
  test('an existing file is truncated and keeps its mode', async () => {
    writeFileSync(at('kept'), 'a long text');
    chmodSync(at('kept'), 0o600);
    const answer = await daemon.post('/api/files', { path: 'kept', content: base64('new'), mode: '0777' });
    expect(answer.json).toMatchObject({ size: 3, mode: '-rw-------' });
    expect(readFileSync(at('kept'), 'utf8')).toBe('new');
  });
  test('24 MB fit', async () => {
    const content = Buffer.alloc(24_000_000, 'abc');
    const answer = await daemon.post('/api/files', { path: 'large', content: content.toString('base64') });
    expect(answer.json['size']).toBe(24_000_000);
    expect(readFileSync(at('large')).equals(content)).toBe(true);
  });
  test.each([
    [{ content: 'eA==' }, missing('Path')],
    [{ path: 'x' }, missing('Content')],
    [{ path: '', content: '' }, `${missing('Path')}\n${missing('Content')}`],
    [{ path: 'x', content: 'a?' }, 'Invalid base64 content: illegal base64 data at input byte 1'],
    [{ path: 'x', content: 'eA' }, 'Invalid base64 content: illegal base64 data at input byte 0'],
    [{ path: '../x', content: 'eA==' }, traversal],
    [{ path: 'out/x', content: 'eA==' }, viaLink('/etc/x', 'out/x')],
    [{ path: 'dangling', content: 'eA==' }, viaLink('/tmp/agentcube-no-such-file', 'dangling')],
  ])('%j is refused', async (body, error) => {
    const answer = await daemon.post('/api/files', body);
    expect([answer.status, answer.json]).toEqual([400, refusal(error)]);
  });
  test('nothing was written through a link that dangles', () => {
    expect(existsSync('/tmp/agentcube-no-such-file')).toBe(false);
  });
  test('what the disk refuses is told', async () => {
    const below = await daemon.post('/api/files', { path: 'ten.txt/x', content: 'eA==' });
    const mkdir = `Failed to create directory: mkdir ${at('ten.txt')}: not a directory`;
    expect([below.status, below.json]).toEqual([500, refusal(mkdir, 500)]);
    const onto = await daemon.post('/api/files', { path: 'dir', content: 'eA==' });
    expect([onto.status, onto.json]).toEqual([
      500,
      refusal(`Failed to write file: open ${at('dir')}: is a directory`, 500),
    ]);
  });
});

describe('upload as a form', () => {
  const upload = (parts: readonly Part[], end?: string) =>
    daemon.call('POST', '/api/files', form(parts, end));
  const file: Part = {
    name: 'file',
    filename: 'local.bin',
    body: Buffer.from([0, 255, 13, 10, 45, 45, 101]),
  };

  test('the fields may come in any order', async () => {
    const answer = await upload([
      file,
      { name: 'mode', body: '0600' },
      { name: 'path', body: 'form/data.bin' },
    ]);
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ path: 'form/data.bin', size: 7, mode: '-rw-------' });
    expect(readFileSync(at('form/data.bin')).equals(file.body as Buffer)).toBe(true);
  });
  test('an empty file is a file; the first of a name counts; others are ignored', async () => {
    const empty = { ...file, body: '' };
    const answer = await upload([
      { name: 'other', filename: 'o', body: 'o' },
      { name: 'path', body: 'empty' },
      { name: 'path', body: 'b' },
      empty,
      file,
    ]);
    expect(answer.json).toMatchObject({ path: 'empty', size: 0, mode: '-rw-r--r--' });
  });
  test('31 MB, sent chunked, arrive as they were', async () => {
    const body = Buffer.alloc(31_000_000, 'pattern\r\n--edg');
    const whole = form([
      { name: 'path', body: 'big' },
      { ...file, body },
    ]);
    const pieces = [whole.body.subarray(0, 1_000_001), whole.body.subarray(1_000_001)];
    const answer = await daemon.call('POST', '/api/files', { headers: whole.headers, body: pieces });
    expect(answer.json['size']).toBe(31_000_000);
    expect(readFileSync(at('big')).equals(body)).toBe(true);
  });
  test('one that breaks off changes nothing', async () => {
    const answer = await upload([{ name: 'path', body: 'kept-whole' }, file], '');
    expect(answer.json).toEqual(refusal("Missing 'path' field"));
    expect(existsSync(at('kept-whole'))).toBe(false);
  });
  test.each<[string, Part[], string]>([
    ['no path', [file], "Missing 'path' field"],
    ['an empty path', [{ name: 'path', body: '' }, file], "Missing 'path' field"],
    ['no file', [{ name: 'path', body: 'x' }], 'Failed to get file: http: no such file'],
    [
      'a file without a name',
      [
        { name: 'path', body: 'x' },
        { name: 'file', body: 'x' },
      ],
      'Failed to get file: http: no such file',
    ],
    ['a path that escapes', [{ name: 'path', body: '../x' }, file], traversal],
    ['a path through a link', [{ name: 'path', body: 'out/x' }, file], viaLink('/etc/x', 'out/x')],
  ])('%s is refused', async (_what, parts, error) => {
    const answer = await upload(parts);
    expect([answer.status, answer.json]).toEqual([400, refusal(error)]);
  });
  test('a form without a boundary has no fields', async () => {
    const answer = await daemon.call('POST', '/api/files', {
      body: 'x',
      headers: { 'content-type': 'multipart/form-data' },
    });
    expect(answer.json).toEqual(refusal("Missing 'path' field"));
  });
  test('what the disk refuses is told', async () => {
    const answer = await upload([{ name: 'path', body: 'dir' }, file]);
    expect([answer.status, answer.json]).toEqual([500, refusal('Failed to create destination file', 500)]);
  });
});

describe('list', () => {
  const list = (path: string) => daemon.call('GET', `/api/files?path=${encodeURIComponent(path)}`);

  test('one level, by name, as ls shows it', async () => {
    const answer = await list('dir');
    const modified = expect.stringMatching(/Z$/) as unknown;
    const entry = (name: string, size: unknown, mode: string, is_dir = false) => ({
      name,
      size,
      modified,
      mode,
      is_dir,
    });
    expect(answer.json).toEqual({
      files: [
        entry('A.txt', 0, '-rw-r--r--'),
        entry('b.txt', 3, '-rw-r--r--'),
        entry('link', 5, 'Lrwxrwxrwx'),
        entry('sub', expect.any(Number), 'drwxr-xr-x', true),
      ],
    });
    expect(Object.keys((answer.json['files'] as object[])[0] ?? {})).toEqual([
      'name',
      'size',
      'modified',
      'mode',
      'is_dir',
    ]);
  });
  test('an empty directory is an empty list', async () => {
    expect((await list('/dir/sub/')).text).toBe('{"files":[]}');
  });
  test('times have their fraction', async () => {
    const files = (await list('.')).json['files'] as { name: string; modified: string }[];
    expect(files.find(({ name }) => name === 'ten.txt')?.modified).toBe('2026-08-01T10:00:00.25Z');
  });
  test.each([
    ['', 400, "Missing 'path' query parameter"],
    ['../x', 400, traversal],
    ['out', 400, viaLink('/etc', 'out')],
    ['nowhere', 404, 'Directory not found'],
  ])('%s is refused', async (path, status, error) => {
    const answer = await list(path);
    expect([answer.status, answer.json]).toEqual([status, refusal(error, status)]);
  });
  test('a file is no directory', async () => {
    const error = `Failed to read directory: readdirent ${at('ten.txt')}: not a directory`;
    const answer = await list('ten.txt');
    expect([answer.status, answer.json]).toEqual([500, refusal(error, 500)]);
  });
});

describe('download', () => {
  const modified = 'Sat, 01 Aug 2026 10:00:00 GMT';
  const get = (path: string, headers: Record<string, string> = {}) =>
    daemon.call('GET', `/api/files/${path}`, { headers });

  test('the bytes, under the headers of PicoD', async () => {
    const answer = await get('ten.txt');
    expect([answer.status, answer.text]).toEqual([200, '0123456789']);
    expect(answer.headers).toMatchObject({
      'content-description': 'File Transfer',
      'content-transfer-encoding': 'binary',
      'content-disposition': 'attachment; filename="ten.txt"',
      'content-type': 'text/plain; charset=utf-8',
      'content-length': '10',
      'last-modified': modified,
      'accept-ranges': 'bytes',
    });
  });
  test('an unknown extension is bytes; an absolute path is below the workspace; a link inside is followed', async () => {
    expect((await get('large')).headers['content-type']).toBe('application/octet-stream');
    expect((await get(`/dir%2Fb.txt`)).text).toBe('bee');
    expect((await get('dir/link')).text).toBe('bee');
  });
  test('index.html is a file like others', async () => {
    writeFileSync(at('index.html'), '<p>');
    expect((await get('index.html')).text).toBe('<p>');
  });
  test('a large file streams, compressed where accepted', async () => {
    const answer = await get('large', { 'accept-encoding': 'gzip' });
    expect(answer.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(answer.bytes).equals(readFileSync(at('large')))).toBe(true);
  });

  test.each([
    ['bytes=2-4', 'bytes 2-4/10', '234'],
    ['bytes=7-', 'bytes 7-9/10', '789'],
    ['bytes=-1', 'bytes 9-9/10', '9'],
  ])('%s', async (range, contentRange, text) => {
    const answer = await get('ten.txt', { range, 'accept-encoding': 'gzip' });
    expect([answer.status, answer.headers['content-range'], answer.text]).toEqual([206, contentRange, text]);
    expect(answer.headers['content-length']).toBe(String(text.length));
  });
  test('several ranges come as one multipart body', async () => {
    const answer = await get('ten.txt', { range: 'bytes=0-1,8-' });
    const boundary = /^multipart\/byteranges; boundary=(.+)$/.exec(answer.headers['content-type'] ?? '')?.[1];
    expect(answer.status).toBe(206);
    const part = (range: string, text: string) =>
      `--${boundary}\r\nContent-Range: bytes ${range}/10\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${text}\r\n`;
    expect(answer.text).toBe(`${part('0-1', '01')}${part('8-9', '89')}--${boundary}--\r\n`);
  });
  test('a range beyond the end is 416', async () => {
    const answer = await get('ten.txt', { range: 'bytes=10-' });
    expect([answer.status, answer.headers['content-range']]).toEqual([416, 'bytes */10']);
    expect(answer.text).toBe('invalid range: failed to overlap\n');
    expect((await get('ten.txt', { range: 'bytes=x' })).text).toBe('invalid range\n');
  });
  test('a client that has the file gets 304', async () => {
    const answer = await get('ten.txt', { 'if-modified-since': modified });
    expect([answer.status, answer.text, answer.headers['last-modified']]).toEqual([304, '', modified]);
    expect(answer.headers['content-type']).toBeUndefined();
    expect((await get('ten.txt', { 'if-modified-since': 'Sat, 01 Aug 2026 09:59:59 GMT' })).status).toBe(200);
    expect((await get('ten.txt', { 'if-unmodified-since': 'Sat, 01 Aug 2026 09:59:59 GMT' })).status).toBe(
      412,
    );
  });

  test.each([
    ['', 400, 'Missing file path'],
    ['dir', 400, 'Path is a directory, not a file'],
    ['..%2Fx', 400, traversal],
    ['out/passwd', 400, viaLink('/etc/passwd', 'out/passwd')],
    ['nowhere', 404, 'File not found'],
  ])('%s is refused', async (path, status, error) => {
    const answer = await get(path);
    expect([answer.status, answer.json]).toEqual([status, refusal(error, status)]);
  });
  test("a path through a file is the server's error", async () => {
    const error = `Failed to get file info: stat ${at('ten.txt/x')}: not a directory`;
    expect((await get('ten.txt/x')).json).toEqual(refusal(error, 500));
  });
});
