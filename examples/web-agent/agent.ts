// A page in a browser that talks to its agent. The agent serves the page itself, so both have one origin, and the page is told which
// session served it: what it says from then on goes to that session, and a reload with the same address finds it again.
import { readFile } from 'node:fs/promises';
import { serve, type Context } from 'agentcube/agent';

const page = readFile(new URL('page.html', import.meta.url), 'utf8');
const said: string[] = [];

async function show(_: unknown, { sessionId = '' }: Context): Promise<Response> {
  const html = (await page).replace('{{session}}', sessionId);
  return new Response(html, {
    headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
  });
}

async function* answer({ text }: { text: string }, { sleep }: Context) {
  said.push(text);
  for (const word of `You said "${text}"; that was ${said.length} so far.`.split(/(?<= )/)) {
    yield { word };
    await sleep(40);
  }
}

serve({ routes: { 'GET /': show, 'GET /said': () => ({ said }), 'POST /say': answer } });
