// Runs without the platform: `node --test chat.test.ts`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testPlatform } from 'agentcube/testing';
import { chat } from './chat.ts';

const say = (prompt: string) => ({ json: { prompt }, headers: { accept: 'text/event-stream' } });

test('an answer comes as events, word by word', async () => {
  await using platform = await testPlatform({ agent: chat, pauseAfterMs: 5_000 });
  const answer = platform.session().fetch('/', say('Hello'));
  await platform.clock.advance(1_000);
  const text = await (await answer).text();
  assert.match(text, /^data: You \n\ndata: said: \n\n/);
  assert.match(text, /event: done\nid: 1\n/);
});

test('a conversation goes on after a pause', async () => {
  await using platform = await testPlatform({ agent: chat, pauseAfterMs: 5_000 });
  const session = platform.session();
  const first = session.invoke({ prompt: 'My name is Ada.' });
  await platform.clock.advance(1_000);
  await first;
  await platform.clock.advance(60_000);
  assert.equal(session.state, 'paused');
  const second = session.invoke<string>({ prompt: 'And now?' });
  await platform.clock.advance(1_000);
  assert.equal(await second, 'You said: And now? Before that you said: My name is Ada.');
});

test('no prompt is a typed error', async () => {
  await using platform = await testPlatform({ agent: chat });
  const answer = await platform.session().fetch('/', { json: {} });
  assert.equal(answer.status, 400);
  assert.equal(((await answer.json()) as { code: string }).code, 'BAD_INPUT');
});
