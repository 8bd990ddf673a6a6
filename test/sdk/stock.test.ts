// The SDK with stock AgentCube 0.1: what that has works, and what it lacks is named, feature by feature.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  AgentRuntime,
  CodeInterpreter,
  Events,
  Sessions,
  type AgentCubeError,
  type ExecOutput,
} from '../../sdk/index.ts';
import { fault } from './clients.ts';
import { StockServer } from './stock-server.ts';

let server: StockServer;
beforeAll(async () => {
  server = await new StockServer().listen();
});
afterAll(() => server.close());

const connect = () => ({ controlUrl: server.url, routerUrl: server.url });

describe('works with stock AgentCube', () => {
  test('a session is opened by the names of the Python SDK, runs code, and ends', async () => {
    const interpreter = await CodeInterpreter.open(connect());
    expect([interpreter.name, interpreter.namespace]).toEqual(['my-interpreter', 'default']);
    expect(await interpreter.runCode('python', 'print(1)')).toBe('print(1)');
    expect(await fault(interpreter.executeCommand('false'))).toMatchObject({
      code: 'COMMAND_FAILED',
      exitCode: 1,
    });
    await interpreter.stop();
    await interpreter.stop();
    const late = await CodeInterpreter.open({ ...connect(), sessionId: interpreter.sessionId });
    expect(await fault(late.exec('false'))).toMatchObject({ code: 'SESSION_NOT_FOUND', status: 404 });
  });

  test('files go in and out, empty ones, too', async () => {
    await using interpreter = await CodeInterpreter.open(connect());
    await interpreter.files.write('empty', '');
    await interpreter.files.write('a', new Blob(['abc']));
    expect(await interpreter.files.readText('/a')).toBe('abc');
    expect(await interpreter.files.list()).toEqual([
      expect.objectContaining({ name: 'empty', size: 0, isDirectory: false }),
      expect.objectContaining({ name: 'a', size: 3, isDirectory: false }),
    ]);
    expect(await fault(interpreter.files.read('none'))).toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect(await fault(interpreter.files.list('none'))).toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  test('an agent is opened whatever it answers, and called', async () => {
    const agent = await AgentRuntime.open({ ...connect(), agentName: 'hello', onDispose: 'end' });
    expect(await agent.invoke({ a: 1 })).toEqual({ heard: { a: 1 } });
    expect(await fault(agent.invoke())).toMatchObject({ code: 'AGENT_ERROR', status: 404 });
    await agent.stop();
    const nobody = AgentRuntime.open({ ...connect(), agentName: 'nobody' });
    expect(await fault(nobody)).toMatchObject({ code: 'RUNTIME_NOT_FOUND' });
  });

  test('sessions are ended by their ids', async () => {
    const { sessionId } = await CodeInterpreter.open(connect());
    const sessions = new Sessions(connect());
    expect([await sessions.delete(sessionId), await sessions.delete(sessionId)]).toEqual([true, false]);
  });
});

describe('is told apart', () => {
  test('output comes at the end, and says so', async () => {
    await using interpreter = await CodeInterpreter.open(connect());
    await interpreter.files.write('a', 'abc');
    const running = interpreter.execStream('cat a');
    const seen: ExecOutput[] = [];
    for await (const output of running) seen.push(output);
    expect(seen).toEqual([{ stream: 'stdout', text: 'abc' }]);
    expect(await running.wait()).toMatchObject({ exitCode: 0, live: false });
  });

  test('index.html, which Go does not serve by its name, is no file', async () => {
    await using interpreter = await CodeInterpreter.open(connect());
    await interpreter.files.write('index.html', 'x');
    expect(await fault(interpreter.files.read('index.html'))).toMatchObject({ code: 'UNEXPECTED_REDIRECT' });
  });

  test('methods beside GET and POST', async () => {
    const agent = await AgentRuntime.open({ ...connect(), agentName: 'hello' });
    const put = await fault(agent.invoke({}, { method: 'PUT' }));
    expect(put).toMatchObject({ code: 'NOT_SUPPORTED_BY_SERVER', feature: 'invocations with PUT' });
    expect((await agent.fetch('/', { method: 'PUT' })).status).toBe(404);
  });

  test.each<[string, () => Promise<unknown>]>([
    ['sessions.list', () => new Sessions(connect()).list().next()],
    ['sessions.get', () => new Sessions(connect()).get('s')],
    ['sessions.pause', () => new Sessions(connect()).pause('s')],
    ['sessions.resume', () => new Sessions(connect()).resume('s')],
    ['events.send', () => new Events(connect()).send({ type: 't', source: '/s' })],
    ['events.send', () => new Events(connect()).sendBatch([])],
    ['events.watch', () => new Events(connect()).watch().next()],
    ['events.deadLetters.list', () => new Events(connect()).deadLetters.list().next()],
    ['events.deadLetters.get', () => new Events(connect()).deadLetters.get('1')],
    ['events.deadLetters.replay', () => new Events(connect()).deadLetters.replay('1')],
    ['events.deadLetters.replayAll', () => new Events(connect()).deadLetters.replayAll('t')],
    ['events.deadLetters.drop', () => new Events(connect()).deadLetters.drop('1')],
    ['events.deadLetters.dropAll', () => new Events(connect()).deadLetters.dropAll('t')],
  ])('%s, which it lacks', async (feature, ask) => {
    const lacking = (await fault(ask())) as AgentCubeError;
    expect(lacking).toMatchObject({
      code: 'NOT_SUPPORTED_BY_SERVER',
      feature,
      status: 404,
      retryable: false,
    });
    expect(lacking.message).toContain(feature);
    expect(lacking.hint).toContain('stock AgentCube');
  });
});
