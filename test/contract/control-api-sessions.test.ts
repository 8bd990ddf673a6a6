// Our own session routes: look, list, pause, resume, end; with typed errors.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Answer } from '../support/client.ts';
import { controlLab, until, type ControlLab } from '../support/control-lab.ts';
import { agent, interpreter } from '../support/runtimes.ts';

let lab: ControlLab;
beforeEach(async () => {
  lab = await controlLab();
  await lab.registry.apply(agent());
  await lab.registry.apply(interpreter());
});
afterEach(() => lab.close());

interface View {
  readonly sessionId: string;
  readonly state: string;
  readonly sandbox?: { readonly id: string };
}
interface Page {
  readonly items: readonly View[];
  readonly continue?: string;
}

async function open(name: 'hello' | 'python' = 'hello'): Promise<string> {
  const route = name === 'hello' ? '/v1/agent-runtime' : '/v1/code-interpreter';
  const answer = await lab.ask('POST', route, { body: { namespace: 'default', name } });
  return answer.json<{ sessionId: string }>().sessionId;
}

const look = async (id: string): Promise<View> => (await lab.ask('GET', `/v1/sessions/${id}`)).json<View>();
const list = async (query: string): Promise<Page> =>
  (await lab.ask('GET', `/v1/sessions${query}`)).json<Page>();
const idsOf = (page: Page): string[] => page.items.map(({ sessionId }) => sessionId);

describe('GET /v1/sessions/{id}', () => {
  test('tells all that a person may want to know', async () => {
    const id = await open();
    await lab.clock.advance(1_500);
    const answer = await lab.ask('GET', `/v1/sessions/${id}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.json()).toEqual({
      sessionId: id,
      runtime: { kind: 'AgentRuntime', namespace: 'default', name: 'hello' },
      revision: expect.stringMatching(/^[0-9a-f]{10}$/),
      labels: {},
      state: 'running',
      stateSince: '2026-01-01T00:00:00.000Z',
      createdAt: '2026-01-01T00:00:00.000Z',
      lastActivityAt: '2026-01-01T00:00:00.000Z',
      expiresAt: '2026-01-01T00:15:00.000Z',
      generation: 1,
      sandbox: { id: expect.any(String), name: expect.stringMatching(/^hello-/) },
      awake: [],
    });
  });

  test('names what keeps it awake', async () => {
    const id = await open();
    lab.driver.sandboxes.get((await look(id)).sandbox?.id ?? '')?.busy.push('training');
    await lab.store.acquire(id, 'activator-1', lab.clock.now() + 5_000, lab.clock.now());
    expect(await look(id)).toMatchObject({ awake: [expect.stringContaining('activator'), 'training'] });
  });

  test('tells what became of a sandbox that was lost', async () => {
    const id = await open();
    lab.driver.crash((await look(id)).sandbox?.id ?? '', 'out of memory (limit 128Mi)');
    await until(async () => (await look(id)).state === 'suspended');
    expect(await look(id)).toMatchObject({ lost: 'out of memory (limit 128Mi)' });
  });

  test('remembers an ended session and why it ended', async () => {
    lab.driver.fail('start', 'exit code 3');
    const answer = await lab.ask('POST', '/v1/agent-runtime', {
      body: { namespace: 'default', name: 'hello' },
    });
    const { sessionId } = answer.json<{ sessionId: string }>();
    await until(async () => (await look(sessionId)).state === 'ended');
    const view = await look(sessionId);
    expect(view).toMatchObject({ state: 'ended', reason: 'failed: exit code 3' });
    expect(view).not.toHaveProperty('expiresAt');
    expect(view).not.toHaveProperty('sandbox');
  });

  test('404, typed, for one that never was', async () => {
    const answer = await lab.ask('GET', '/v1/sessions/nobody');
    expect(answer.status).toBe(404);
    expect(answer.json()).toEqual({
      error: 'session nobody not found',
      code: 'SESSION_NOT_FOUND',
      retryable: false,
      sessionId: 'nobody',
    });
  });
});

describe('GET /v1/sessions', () => {
  test('lists by runtime, kind, namespace and state', async () => {
    const [a, b] = [await open('hello'), await open('python')];
    await lab.ask('POST', `/v1/sessions/${b}/pause`);
    expect(idsOf(await list(''))).toEqual([a, b].sort());
    expect(idsOf(await list('?runtime=hello'))).toEqual([a]);
    expect(idsOf(await list('?kind=CodeInterpreter'))).toEqual([b]);
    expect(idsOf(await list('?namespace=elsewhere'))).toEqual([]);
    expect(idsOf(await list('?state=paused'))).toEqual([b]);
    expect(idsOf(await list('?state=paused,running')).sort()).toEqual([a, b].sort());
  });

  test('lists by label, once or more, or by selector', async () => {
    const labelled = agent();
    const labels = { team: 'red', tier: 'front' };
    await lab.registry.apply({ ...labelled, metadata: { ...labelled.metadata, labels } });
    const a = await open('hello');
    await open('python');
    expect(idsOf(await list('?label=team=red'))).toEqual([a]);
    expect(idsOf(await list('?label=team=red&label=tier=front'))).toEqual([a]);
    expect(idsOf(await list('?label=team=red&label=tier=back'))).toEqual([]);
    expect(idsOf(await list(`?labelSelector=${encodeURIComponent('team==red,tier=front')}`))).toEqual([a]);
  });

  test('in pages that miss nothing and repeat nothing', async () => {
    const all = [];
    for (let made = 0; made < 5; made += 1) all.push(await open());
    const first = await list('?limit=2');
    const second = await list(`?limit=2&continue=${first.continue ?? ''}`);
    const third = await list(`?limit=2&continue=${second.continue ?? ''}`);
    expect([first, second, third].flatMap(idsOf)).toEqual([...all].sort());
    expect(third).not.toHaveProperty('continue');
  });

  test('a page that is just full has no next one', async () => {
    await open();
    expect(await list('?limit=1')).not.toHaveProperty('continue');
  });

  test.each([
    ['?limit=0', 'limit'],
    ['?limit=1001', 'limit'],
    ['?limit=many', 'limit'],
    ['?state=asleep', '"asleep" is not one of creating, running'],
    ['?kind=Pod', 'kind'],
    ['?label=team', 'expected key=value'],
    ['?labelSelector=team!=red', 'expected key=value'],
    ['?continue=%00', 'continue'],
    ['?sate=running', 'sate'],
  ])('%s is refused, and the message says %s', async (query, words) => {
    const answer = await lab.ask('GET', `/v1/sessions${query}`);
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'INVALID_REQUEST', retryable: false });
    expect(answer.text.replaceAll('\\"', '"')).toContain(words);
  });
});

describe('POST /v1/sessions/{id}/pause', () => {
  test('answers when it is paused', async () => {
    const id = await open();
    const answer = await lab.ask('POST', `/v1/sessions/${id}/pause`);
    expect([answer.status, answer.json<View>().state]).toEqual([200, 'paused']);
    const { sandbox } = await look(id);
    expect(lab.driver.sandboxes.get(sandbox?.id ?? '')?.state).toBe('paused');
  });

  test('409 names the work that is in hand', async () => {
    const id = await open();
    lab.driver.sandboxes.get((await look(id)).sandbox?.id ?? '')?.busy.push('run-code');
    const answer = await lab.ask('POST', `/v1/sessions/${id}/pause`);
    expect(answer.status).toBe(409);
    expect(answer.json()).toEqual({
      error: `session ${id} has work in hand: run-code`,
      code: 'SESSION_STATE',
      reason: 'run-code',
      retryable: true,
      sessionId: id,
    });
  });

  test('409 while an activator forwards to it', async () => {
    const id = await open();
    await lab.store.acquire(id, 'activator-1', lab.clock.now() + 5_000, lab.clock.now());
    const answers: Answer[] = [];
    void lab.ask('POST', `/v1/sessions/${id}/pause`).then((one) => answers.push(one));
    while (answers.length === 0) await lab.clock.advance(10);
    expect(answers[0]?.status).toBe(409);
  });

  test('404 for a session that has ended', async () => {
    const id = await open();
    await lab.ask('DELETE', `/v1/sessions/${id}`);
    const answer = await lab.ask('POST', `/v1/sessions/${id}/pause`);
    expect(answer.status).toBe(404);
    expect(answer.json()).toMatchObject({ code: 'SESSION_ENDED', reason: 'deleted', sessionId: id });
  });
});

describe('POST /v1/sessions/{id}/resume', () => {
  test('answers when it runs', async () => {
    const id = await open();
    await lab.ask('POST', `/v1/sessions/${id}/pause`);
    const answer = await lab.ask('POST', `/v1/sessions/${id}/resume`);
    expect([answer.status, answer.json<View>().state]).toEqual([200, 'running']);
  });

  test('of a session that runs already answers at once', async () => {
    const id = await open();
    expect((await lab.ask('POST', `/v1/sessions/${id}/resume`)).status).toBe(200);
  });

  test('says why when it cannot be started again', async () => {
    const id = await open();
    lab.driver.crash((await look(id)).sandbox?.id ?? '', 'exit code 1');
    await until(async () => (await look(id)).state === 'suspended');
    lab.driver.fail('restart', 'exit code 2');
    const answer = await lab.ask('POST', `/v1/sessions/${id}/resume`);
    expect(answer.status).toBe(503);
    expect(answer.json()).toMatchObject({
      code: 'SANDBOX_START_FAILED',
      reason: 'exit code 2',
      retryable: true,
    });
  });
});

describe('DELETE /v1/sessions/{id}', () => {
  test('answers when nothing of it is left', async () => {
    const id = await open();
    const answer = await lab.ask('DELETE', `/v1/sessions/${id}`);
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ sessionId: id, state: 'ended', reason: 'deleted' });
    expect(lab.driver.sandboxes.size).toBe(0);
  });

  test('404 the second time', async () => {
    const id = await open();
    await lab.ask('DELETE', `/v1/sessions/${id}`);
    expect((await lab.ask('DELETE', `/v1/sessions/${id}`)).status).toBe(404);
  });
});
