// The SDK outside of this repository: compiled, on the Node that the machine itself has (20 or newer), and bundled for a browser, where
// nothing of Node is. Does not own: the package as it is published.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import vm from 'node:vm';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { build, type BuildResult } from 'esbuild';
import { ScriptedServer, answer, chunk, chunkedHead, cut } from './scripted-server.ts';
import { StockServer } from './stock-server.ts';

jest.setTimeout(120_000);

const run = promisify(execFile);
const repository = path.resolve(import.meta.dirname, '../..');

/** The first `node` of the PATH that no package brought. */
function machinesNode(): string {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const found = folders
    .filter((folder) => !folder.includes('node_modules'))
    .map((folder) => path.join(folder, 'node'))
    .find((file) => existsSync(file));
  return found ?? process.execPath;
}

let folder: string;
let server: StockServer;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'agentcube-sdk-'));
  server = await new StockServer().listen();
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const script = `
import { AgentRuntime, CodeInterpreter, Sessions } from './out/index.js';
const interpreter = await CodeInterpreter.open();
await interpreter.files.write('a', 'from a file');
const parts = [];
for await (const { text } of interpreter.execStream('cat a')) parts.push(text);
await interpreter[Symbol.asyncDispose]();
const agent = await AgentRuntime.open({ agentName: 'hello' });
const heard = await agent.invoke({ prompt: 'hi' });
const socket = await agent.socket().catch((error) => error.code);
const sessions = await new Sessions().page().catch((error) => [error.name, error.code]);
const gone = await interpreter.exec('true').catch((error) => error.code);
console.log(JSON.stringify({ parts, heard, socket, sessions, gone }));
`;

test("compiled, it runs on the machine's own Node", async () => {
  const settings = {
    extends: path.join(repository, 'tsconfig.build.json'),
    compilerOptions: {
      ...{ outDir: path.join(folder, 'out'), rootDir: path.join(repository, 'sdk') },
      typeRoots: [path.join(repository, 'node_modules/@types')],
      // What lies outside of rootDir would be written beside its source.
      noEmitOnError: true,
    },
    include: [],
    files: [path.join(repository, 'sdk/index.ts')],
  };
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(settings));
  writeFileSync(path.join(folder, 'package.json'), '{"type": "module"}');
  writeFileSync(path.join(folder, 'main.js'), script);
  symlinkSync(path.join(repository, 'node_modules'), path.join(folder, 'node_modules'));
  const compiler = path.join(repository, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, [compiler, '-p', folder]);
  const node = machinesNode();
  const major = Number(execFileSync(node, ['-p', 'process.versions.node.split(".")[0]']).toString());
  expect(major).toBeGreaterThanOrEqual(20);
  const env = { WORKLOAD_MANAGER_URL: server.url, ROUTER_URL: server.url };
  const { stdout } = await run(node, [path.join(folder, 'main.js')], { env });
  expect(JSON.parse(stdout)).toEqual({
    ...{ parts: ['from a file'], heard: { heard: { prompt: 'hi' } }, socket: 'AGENT_ERROR' },
    ...{ sessions: ['AgentCubeError', 'NOT_SUPPORTED_BY_SERVER'], gone: 'CLOSED' },
  });
});

describe('bundled for a browser', () => {
  let bundle: BuildResult<{ metafile: true; write: false }>;
  beforeAll(async () => {
    bundle = await build({
      ...{ entryPoints: [path.join(repository, 'sdk/index.ts')], absWorkingDir: repository },
      ...{ bundle: true, platform: 'browser', format: 'iife', globalName: 'agentcube', target: 'es2022' },
      ...{ write: false, metafile: true, logLevel: 'silent' },
    });
  });

  /** What the code gives in a place that has what a browser has, and nothing of Node. */
  const inBrowser = (code: string): Promise<unknown> => {
    const { AbortController, AbortSignal, Blob, Headers, ReadableStream, Request, Response } = globalThis;
    const { TextDecoder, TextEncoder, URL, URLSearchParams, crypto, btoa, WebSocket } = globalThis;
    const place = vm.createContext({
      ...{ AbortController, AbortSignal, Blob, Headers, ReadableStream, Request, Response, TextDecoder },
      ...{ TextEncoder, URL, URLSearchParams, crypto, btoa, WebSocket, fetch, setTimeout, clearTimeout },
      Uint8Array,
    });
    vm.runInContext(bundle.outputFiles[0]?.text ?? '', place);
    return vm.runInContext(`(async () => { ${code} })()`, place) as Promise<unknown>;
  };

  test('it imports nothing of Node, and nothing of the platform', () => {
    const { inputs, outputs } = bundle.metafile;
    expect(Object.values(outputs).flatMap(({ imports }) => imports)).toEqual([]);
    const own = Object.keys(inputs).filter((input) => !input.startsWith('node_modules/'));
    expect(own.filter((input) => !input.startsWith('sdk/'))).toEqual([]);
    expect(Object.keys(inputs).filter((input) => /node_modules\/ws\/lib/.test(input))).toEqual([]);
  });

  test('it calls into sessions', async () => {
    const done = await inBrowser(`
      const options = { controlUrl: '${server.url}', routerUrl: '${server.url}' };
      const interpreter = await agentcube.CodeInterpreter.open(options);
      await interpreter.files.write('a', 'from a page');
      const result = await interpreter.exec('cat a');
      const local = await interpreter.files.upload('a', 'b').catch(({ code, feature }) => code + ' ' + feature);
      const agent = await agentcube.AgentRuntime.open({ ...options, agentName: 'hello' });
      const socket = await agent.socket().catch(({ code }) => code);
      await interpreter.stop();
      return JSON.stringify([result.stdout, local, await agent.invoke({ a: 1 }), socket]);
    `);
    expect(JSON.parse(done as string)).toEqual([
      ...['from a page', 'NOT_SUPPORTED_HERE files.upload', { heard: { a: 1 } }, 'NOT_SUPPORTED_HERE'],
    ]);
  });

  test('it reads events as they come', async () => {
    const scripted = await new ScriptedServer().listen();
    const head = chunkedHead('text/event-stream', { 'x-agentcube-session-id': 's1' });
    scripted.script(
      answer(200, '{}', { 'x-agentcube-session-id': 's1' }),
      cut(`${head}${chunk('data: 1\n\ndata: 2\n\n')}0\r\n\r\n`),
    );
    const done = await inBrowser(`
      const agent = await agentcube.AgentRuntime.open({ routerUrl: '${scripted.url}', agentName: 'a' });
      const seen = [];
      for await (const { data } of agent.events({})) seen.push(data);
      return JSON.stringify([agent.sessionId, seen]);
    `);
    expect(JSON.parse(done as string)).toEqual(['s1', ['1', '2']]);
    await scripted.close();
  });
});
