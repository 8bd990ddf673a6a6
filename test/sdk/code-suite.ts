// What the SDK promises of code, files and sessions of an interpreter, asked of a running platform. Does not own: starting it.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AgentCubeError, type CodeInterpreter, type ExecOutput } from '../../sdk/index.ts';
import { clientsOf, fault, type Deployment } from './clients.ts';

/** Runs the suite against the platform that `at` gives once tests run. */
export function codeSuite(at: () => Deployment): void {
  const { open } = clientsOf(at);

  describe('code', () => {
    let interpreter: CodeInterpreter;
    let folder: string;
    beforeAll(async () => {
      interpreter = await open();
      folder = mkdtempSync(path.join(tmpdir(), 'agentcube-sdk-'));
    });
    afterAll(async () => {
      await interpreter.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    test.each([
      ['python', 'print(6 * 7)', '42\n'],
      ['Bash', 'echo $((6 * 7))', '42\n'],
      ['py', 'print("\u00e4\u20ac")', '\u00e4\u20ac\n'],
    ])('in %s runs, and its output comes back', async (language, code, output) => {
      expect(await interpreter.runCode(language, code)).toBe(output);
    });

    test('that fails is an error with its code and its words', async () => {
      const failed = await fault(interpreter.runCode('python', 'raise SystemExit("no luck")'));
      expect(failed).toBeInstanceOf(AgentCubeError);
      expect(failed).toMatchObject({
        ...{ name: 'CommandExecutionError', code: 'COMMAND_FAILED', exitCode: 1, stderr: 'no luck\n' },
        sessionId: interpreter.sessionId,
      });
    });

    test('in a language that nobody knows is refused here', async () => {
      const refused = await fault(interpreter.runCode('cobol', ''));
      expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', message: 'Unsupported language: cobol' });
    });

    test('shares files with other code and nothing else', async () => {
      await interpreter.runCode('python', 'x = 1; open("x", "w").write("1")');
      expect(await interpreter.runCode('python', 'print(open("x").read())')).toBe('1\n');
      expect(await fault(interpreter.runCode('python', 'print(x)'))).toMatchObject({
        stderr: expect.stringContaining('NameError'),
      });
    });

    test('commands have words, surroundings, and a result whatever their code', async () => {
      const options = { workingDir: 'deep/down', env: { GREETING: 'hi' } };
      const result = await interpreter.exec(
        `sh -c 'echo $GREETING; basename $PWD; echo no >&2; exit 3'`,
        options,
      );
      expect(result).toMatchObject({ stdout: 'hi\ndown\n', stderr: 'no\n', exitCode: 3 });
      expect(await interpreter.executeCommand(['echo', '*', '$HOME'])).toBe('* $HOME\n');
    });

    test('a command that takes too long is ended', async () => {
      expect(await interpreter.exec(['sleep', '9'], { timeoutMs: 200 })).toMatchObject({ exitCode: 124 });
    });

    test('output comes while the command runs', async () => {
      const script = 'echo one; until [ -e go ]; do sleep 0.02; done; echo two >&2; exit 4';
      const seen: ExecOutput[] = [];
      const running = interpreter.execStream(['sh', '-c', script]);
      for await (const output of running) {
        seen.push(output);
        if (output.text === 'one\n') await interpreter.files.write('go', '');
      }
      expect(seen).toEqual([
        { stream: 'stdout', text: 'one\n' },
        { stream: 'stderr', text: 'two\n' },
      ]);
      expect(await running.wait()).toMatchObject({ exitCode: 4, live: true });
    });

    test('whoever stops listening ends the command', async () => {
      const enough = new AbortController();
      const running = interpreter.execStream(['sh', '-c', 'echo $$; exec sleep 60'], {
        signal: enough.signal,
      });
      let pid = '';
      const listening = (async () => {
        for await (const { text } of running) {
          pid = text.trim();
          enough.abort(new Error('enough'));
        }
      })();
      expect(await fault(listening)).toEqual(new Error('enough'));
      const gone = `for i in $(seq 200); do [ -e /proc/${pid} ] || exit 0; sleep 0.05; done; exit 1`;
      expect(await interpreter.exec(['sh', '-c', gone])).toMatchObject({ exitCode: 0 });
    });

    test('another client goes on where this one is', async () => {
      await interpreter.writeFile('41', 'count');
      await using other = await open({ sessionId: interpreter.sessionId, onDispose: 'keep' });
      expect(await other.runCode('python', 'print(int(open("count").read()) + 1)')).toBe('42\n');
    });

    describe('files', () => {
      test.each([
        ['text', 'h\u00e4llo', 'h\u00e4llo'],
        ['nothing', '', ''],
        ['bytes', Buffer.from('bytes'), 'bytes'],
        ['a Blob', new Blob(['blob']), 'blob'],
        ['a stream', new Blob(['stream']).stream(), 'stream'],
      ])('of %s are as they were written', async (name, content, text) => {
        const written = await interpreter.files.write(`of/${name}`, content);
        expect(written).toMatchObject({
          path: `of/${name}`,
          size: Buffer.byteLength(text),
          mode: '-rw-r--r--',
        });
        expect(await interpreter.files.readText(`/of/${name}`)).toBe(text);
      });

      test.each(['a b', 'h\u00e4', '100%', 'what?', 'no#1', '%2e%2e', "it's"])(
        'may be called %j',
        async (name) => {
          await interpreter.files.write(`names/${name}`, name);
          expect(await interpreter.files.readText(`names/${name}`)).toBe(name);
          expect((await interpreter.files.list('names')).map((file) => file.name)).toContain(name);
        },
      );

      test('large ones come piece by piece', async () => {
        const bytes = Buffer.alloc(5_000_000, 'agentcube');
        await interpreter.files.write('large', bytes, { mode: '0600' });
        let length = 0;
        for await (const piece of await interpreter.files.stream('large')) length += piece.byteLength;
        expect(length).toBe(bytes.byteLength);
        expect((await interpreter.files.list()).find(({ name }) => name === 'large')).toMatchObject({
          ...{ size: bytes.byteLength, mode: '-rw-------', isDirectory: false },
        });
      });

      test('go up from this machine and down to it', async () => {
        const [up, down] = [path.join(folder, 'up'), path.join(folder, 'new/down')];
        writeFileSync(up, 'local');
        await interpreter.uploadFile(up, 'up');
        await interpreter.downloadFile('up', down);
        expect(readFileSync(down, 'utf8')).toBe('local');
        expect(await fault(interpreter.files.upload(path.join(folder, 'none'), 'x'))).toMatchObject({
          code: 'ENOENT',
        });
      });

      test('and directories are made and removed', async () => {
        await interpreter.files.makeDirectory('made/here');
        await interpreter.files.write('made/here/file', 'x');
        expect(await fault(interpreter.files.remove('made'))).toMatchObject({ code: 'COMMAND_FAILED' });
        await interpreter.files.remove('made', { recursive: true });
        await interpreter.files.remove('made');
        expect(await fault(interpreter.files.list('made'))).toMatchObject({
          code: 'FILE_NOT_FOUND',
          status: 404,
        });
      });

      test('that are not there, or not here, are errors', async () => {
        expect(await fault(interpreter.files.read('none'))).toMatchObject({ code: 'FILE_NOT_FOUND' });
        expect(await fault(interpreter.files.read('../x'))).toMatchObject({ code: 'INVALID_ARGUMENT' });
        expect(await fault(interpreter.files.write('../x', 'x'))).toMatchObject({ code: 'INVALID_REQUEST' });
        const large = new Blob([Buffer.alloc(33 * 1024 * 1024)]);
        expect(await fault(interpreter.files.write('x', large))).toMatchObject({ code: 'BODY_TOO_LARGE' });
      });
    });
  });

  describe('a session of an interpreter', () => {
    test('ends with its block', async () => {
      const used = async (): Promise<string> => {
        await using interpreter = await open();
        return interpreter.sessionId;
      };
      const id = await used();
      const late = await open({ sessionId: id });
      const gone = await fault(late.exec('true'));
      expect(gone).toMatchObject({ sessionId: id, status: 404 });
      expect((gone as AgentCubeError).code).toMatch(/^SESSION_(ENDED|NOT_FOUND)$/);
      await late.stop();
      expect(await fault(late.exec('true'))).toMatchObject({ code: 'CLOSED' });
    });

    test('of a runtime that nobody deployed is refused', async () => {
      expect(await fault(open({ name: 'nobody' }))).toMatchObject({ code: 'RUNTIME_NOT_FOUND', status: 404 });
    });
  });
}
