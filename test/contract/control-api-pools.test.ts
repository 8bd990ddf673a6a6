// Pools over the control API as the controller keeps them: what is told changes as sandboxes start, are claimed and are refilled.
import { afterEach, expect, test } from '@jest/globals';
import { controlLab, until, type ControlLab } from '../support/control-lab.ts';

const group = '/apis/runtime.agentcube.volcano.sh/v1alpha1/namespaces/default';

const interpreter = (spec: object): object => ({
  apiVersion: 'runtime.agentcube.volcano.sh/v1alpha1',
  kind: 'CodeInterpreter',
  metadata: { name: 'python', namespace: 'default' },
  spec: { template: { image: 'picod:1' }, ...spec },
});

const path = '/v1/namespaces/default/pools/CodeInterpreter/python';

let lab: ControlLab;
afterEach(() => lab.close());

async function deployed(spec: object): Promise<void> {
  lab = await controlLab();
  const answer = await lab.ask('POST', `${group}/codeinterpreters`, { body: interpreter(spec) });
  expect(answer.status).toBe(201);
}

const readyNow = async (): Promise<number> => (await lab.ask('GET', path)).json<{ ready: number }>().ready;

/** How many are ready a moment later: a pool is filled again after a short rest. */
async function readySoon(): Promise<number> {
  await lab.clock.advance(10);
  return readyNow();
}

test('a pool is told as it fills, and again when a session took one of its sandboxes', async () => {
  await deployed({ warmPoolSize: 1 });
  await until(async () => (await readyNow()) === 1);
  const body = { namespace: 'default', name: 'python' };
  expect((await lab.ask('POST', '/v1/code-interpreter', { body })).json()).toMatchObject({
    kind: 'SandboxClaim',
  });
  await until(async () => (await readyNow()) === 0);
  await until(async () => (await readySoon()) === 1);
  expect((await lab.ask('GET', '/v1/pools')).json()).toEqual({
    items: [
      {
        ...{ kind: 'CodeInterpreter', namespace: 'default', name: 'python', class: 'fixed' },
        ...{ target: 1, wanted: 1, ready: 1, starting: 0, dryRun: false },
        why: { rule: 'fixed', numbers: { warmPoolSize: 1 } },
        text: 'fixed: warmPoolSize 1',
      },
    ],
  });
});

test('a runtime that asks for a share of warm starts says so before anybody has decided', async () => {
  await deployed({ warmPoolSize: 1, scaling: { warmStarts: '99%' } });
  await until(async () => (await readyNow()) === 1);
  expect((await lab.ask('GET', path)).json()).toMatchObject({
    ...{ class: 'target', target: 1, text: 'undecided: warmPoolSize 1' },
  });
});

test('a runtime that is deleted has no pool', async () => {
  await deployed({ warmPoolSize: 1 });
  await until(async () => (await readyNow()) === 1);
  expect((await lab.ask('DELETE', `${group}/codeinterpreters/python`)).status).toBe(200);
  const answer = await lab.ask('GET', path);
  expect([answer.status, answer.json()]).toEqual([
    404,
    expect.objectContaining({ code: 'RUNTIME_NOT_FOUND', retryable: false }),
  ]);
  expect((await lab.ask('GET', '/v1/pools')).json()).toEqual({ items: [] });
});
