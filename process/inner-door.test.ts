// Which of the control port's routes agents in sandboxes may ask.
import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { forAgents } from './inner-door.ts';

async function statusOf(method: string, path: string): Promise<number> {
  const server = createServer(forAgents((_, response) => void response.writeHead(200).end()));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const { status } = await fetch(`http://127.0.0.1:${port}${path}`, { method });
  server.close();
  return status;
}

test.each([
  ['POST', '/v1/code-interpreter'],
  ['POST', '/v1/agent-runtime'],
  ['DELETE', '/v1/code-interpreter/sessions/1'],
  ['DELETE', '/v1/agent-runtime/sessions/1'],
  ['GET', '/health'],
])('%s %s is what clients of AgentCube ask: handed on', async (method, path) => {
  expect(await statusOf(method, path)).toBe(200);
});

test.each([
  ['GET', '/v1/sessions'],
  ['GET', '/v1/sessions/1'],
  ['DELETE', '/v1/sessions/1'],
  ['POST', '/v1/sessions/1/pause'],
  ['GET', '/v1/pools'],
  ['GET', '/metrics'],
  ['GET', '/apis'],
  ['POST', '/apis/runtime.agentcube.volcano.sh/v1alpha1/namespaces/default/agentruntimes'],
  ['DELETE', '/v1/code-interpreter/sessions/1/2'],
  ['GET', '/v1/code-interpreter'],
])('%s %s would show or change what is not theirs: refused', async (method, path) => {
  expect(await statusOf(method, path)).toBe(403);
});
