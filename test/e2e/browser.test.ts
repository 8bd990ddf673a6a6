// A real browser: the page that an agent serves, a page of another origin that was allowed and uses the SDK, and one that was not.
// Needs Chromium; `.ci/prepare` installs it.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { build } from 'esbuild';
import { launch, type Browser, type Page } from 'puppeteer-core';
import { callOk } from '../support/client.ts';
import { startPlatform, type Platform } from '../support/platform.ts';

jest.setTimeout(120_000);

const repository = path.resolve(import.meta.dirname, '../..');
const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';

/** A site of somebody's with the SDK as a bundler makes it for browsers. */
async function startSite(): Promise<Server> {
  const { outputFiles } = await build({
    entryPoints: [path.join(repository, 'sdk/index.ts')],
    ...({ bundle: true, write: false, format: 'esm', platform: 'browser', logLevel: 'error' } as const),
  });
  const script = outputFiles[0]?.text ?? '';
  const server = createServer((request, response) => {
    const isScript = request.url === '/agentcube.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : '<!doctype html><title>a site</title>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const originOf = (server: Server): string => `http://localhost:${(server.address() as AddressInfo).port}`;

let allowed: Server;
let stranger: Server;
let platform: Platform;
let browser: Browser;

beforeAll(async () => {
  [allowed, stranger] = await Promise.all([startSite(), startSite()]);
  platform = await startPlatform({
    folder: path.join(repository, 'examples'),
    args: ['--allowed-origins', originOf(allowed)],
  });
  browser = await launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
});
afterAll(async () => {
  await browser.close();
  await platform.dispose();
  for (const site of [allowed, stranger]) site.close();
});

async function open(url: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(url, { waitUntil: 'networkidle0' });
  return page;
}

/** Code for the page is text here: its names are the browser's, which Node's types do not have. */
const textOf = (page: Page, selector: string): Promise<unknown> =>
  page.evaluate(`document.querySelector(${JSON.stringify(selector)}).textContent`);

const invocations = (agent: string): string =>
  `${platform.activatorUrl}/v1/namespaces/default/agent-runtimes/${agent}/invocations/`;

test('the page of web-agent talks to its agent, and finds the conversation again', async () => {
  const page = await open(invocations('web-agent'));
  await page.type('input', 'hello from a browser');
  await page.click('button');
  await page.waitForFunction(`document.querySelector('li')?.textContent.includes('browser')`);
  const session = await textOf(page, '#session');
  expect(session).toMatch(/^[0-9a-f-]{36}$/);
  await page.reload({ waitUntil: 'networkidle0' });
  expect(await textOf(page, '#session')).toBe(session);
  expect(await textOf(page, '#talk')).toContain('hello from a browser');
});

describe('a page of another origin', () => {
  test('that was allowed calls an agent by the SDK', async () => {
    const page = await open(originOf(allowed));
    const seen = await page.evaluate(`(async () => {
      const { AgentRuntime } = await import('/agentcube.js');
      const routerUrl = ${JSON.stringify(platform.activatorUrl)};
      const agent = await AgentRuntime.open({ agentName: 'hello-agent', routerUrl });
      const first = await agent.invoke({ prompt: 'one' });
      const second = await agent.invoke({ prompt: 'two' });
      return { first, second, session: agent.sessionId };
    })()`);
    expect(seen).toMatchObject({
      first: { response: 'Hello Agent received: one', turns: 1 },
      second: { response: 'Hello Agent received: two', turns: 2 },
      session: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  test('that was not allowed reaches nothing, and opens no session', async () => {
    const page = await open(originOf(stranger));
    const before = await callOk<{ items: object[] }>('GET', `${platform.controlUrl}/v1/sessions`);
    const outcomes = await page.evaluate(
      async (urls: string[]) => {
        const simple = { method: 'POST', body: '{"name":"hello-agent","namespace":"default"}' } as const;
        const tries = urls.flatMap((url) => [fetch(url, simple), fetch(url, { ...simple, mode: 'no-cors' })]);
        const settled = await Promise.allSettled(tries);
        return settled.map((one) => (one.status === 'fulfilled' ? one.value.type : 'failed'));
      },
      [invocations('hello-agent'), `${platform.controlUrl}/v1/agent-runtime`],
    );
    // An opaque answer tells the page nothing; that it did nothing either is what the list shows.
    expect(outcomes).toEqual(['failed', 'opaque', 'failed', 'opaque']);
    expect(await callOk('GET', `${platform.controlUrl}/v1/sessions`)).toMatchObject({
      items: { length: before.items.length },
    });
  });
});
