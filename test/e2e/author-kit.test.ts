// The examples that import the author kit, deployed as `npm start` deploys them: they bring no package along, and one of them calls
// the platform from within its sandbox.
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { agentUrl, callOk, sessionHeader, untilState } from '../support/client.ts';
import { startPlatform, type Platform } from '../support/platform.ts';

jest.setTimeout(180_000);

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform.dispose());

interface Said {
  readonly status: number;
  readonly text: string;
  readonly session: string;
}

async function ask(
  url: string,
  body: object | undefined,
  headers: Readonly<Record<string, string>> = {},
): Promise<Said> {
  const answer = await fetch(url, {
    method: body ? 'POST' : 'GET',
    ...(body && { body: JSON.stringify(body) }),
    headers: { 'content-type': 'application/json', ...headers },
  });
  return {
    status: answer.status,
    text: await answer.text(),
    session: answer.headers.get(sessionHeader) ?? '',
  };
}

test('chat-agent: an answer comes as events, and the conversation goes on after a pause', async () => {
  const url = agentUrl(platform, 'chat-agent');
  const first = await ask(url, { prompt: 'Hello' }, { accept: 'text/event-stream' });
  expect(first.text).toMatch(/^data: You \n\n[\s\S]*event: done\nid: 1\n/);
  await untilState(platform, first.session, 'paused');
  const second = await ask(url, { prompt: 'And now?' }, { [sessionHeader]: first.session });
  expect(second.text).toBe('You said: And now? Before that you said: Hello');
});

test('analyst-agent: runs code in an interpreter of its own, which keeps its files', async () => {
  const url = agentUrl(platform, 'analyst-agent');
  const first = await ask(url, { code: 'open("f", "w").write("kept"); print(6 * 7)' });
  expect(JSON.parse(first.text)).toEqual({ answer: '42', turn: 1 });
  const same = { [sessionHeader]: first.session };
  expect(JSON.parse((await ask(url, { code: 'print(open("f").read())' }, same)).text)).toEqual({
    answer: 'kept',
    turn: 2,
  });
  const failed = await ask(url, { code: '1/0' }, same);
  expect([failed.status, failed.text]).toEqual([422, expect.stringContaining('ZeroDivisionError')]);
});

test('report-agent: works on with nobody connected, and is awake for it and no longer', async () => {
  const url = agentUrl(platform, 'report-agent');
  const { session } = await ask(`${url}reports`, { sections: 4 });
  const shown = await callOk<{ state: string; awake?: string[] }>(
    'GET',
    `${platform.controlUrl}/v1/sessions/${session}`,
  );
  expect(shown).toMatchObject({ state: 'running', awake: expect.arrayContaining(['report-1-1']) });
  await untilState(platform, session, 'paused');
  const report = await ask(`${url}reports/1`, undefined, { [sessionHeader]: session });
  expect(JSON.parse(report.text)).toMatchObject({
    done: true,
    text: expect.stringContaining('## Section 4'),
  });
});

test('web-agent: its page names the session that served it', async () => {
  const page = await ask(agentUrl(platform, 'web-agent'), undefined);
  expect(page.text).toContain(`<meta name="session" content="${page.session}"`);
});

test('a wrong input is a typed error of the kit', async () => {
  const answer = await ask(agentUrl(platform, 'chat-agent'), { prompt: 7 });
  expect(answer.status).toBe(400);
  expect(JSON.parse(answer.text)).toMatchObject({ code: 'BAD_INPUT', retryable: false });
});

test('after kill -9 of the platform the same agent calls the new one', async () => {
  const url = (): string => agentUrl(platform, 'analyst-agent');
  const { session } = await ask(url(), { code: 'print(1)' });
  await platform.kill('SIGKILL');
  platform = await startPlatform({ dataDir: platform.dataDir });
  const answer = await ask(url(), { code: 'print(2)' }, { [sessionHeader]: session });
  expect(JSON.parse(answer.text)).toEqual({ answer: '2', turn: 2 });
});
