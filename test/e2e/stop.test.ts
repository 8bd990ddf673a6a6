// Ctrl-C: nothing of the platform is left on the machine (S5), and its sessions come back with their files (S4).
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import {
  agentSession,
  callOk,
  openAgent,
  pauseSession,
  viewSession,
  type AgentSession,
} from '../support/client.ts';
import { agentYaml, probeImages, writeFolder } from '../support/folder.ts';
import { leftovers } from '../support/leftovers.ts';
import { startPlatform, type Platform } from '../support/platform.ts';
import { count, markAgent } from '../support/probe.ts';

jest.setTimeout(180_000);

const folder = writeFolder({
  'images.yaml': probeImages,
  'agent.yaml': agentYaml({ name: 'comeback', spec: { warmPoolSize: 1 } }),
  'code.yaml': `
apiVersion: runtime.agentcube.volcano.sh/v1alpha1
kind: CodeInterpreter
metadata: { name: code }
spec: { template: { image: example.com/picod:latest }, warmPoolSize: 1 }
`,
});

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform({ folder });
});

afterAll(() => platform.dispose());

async function twiceCounted(): Promise<AgentSession> {
  const session = await openAgent(platform, 'comeback');
  await markAgent(session);
  await count(session);
  await count(session);
  return session;
}

async function stopLeavingNothing(): Promise<void> {
  await platform.stop();
  expect(leftovers(platform.dataDir)).toEqual([]);
}

test('a running and a paused session come back with their files and a fresh memory', async () => {
  const [running, paused] = [await twiceCounted(), await twiceCounted()];
  await pauseSession(platform, paused.id);
  const body = { name: 'code', namespace: 'default' };
  await callOk('POST', `${platform.controlUrl}/v1/code-interpreter`, { body });

  await stopLeavingNothing();
  platform = await startPlatform({ folder, dataDir: platform.dataDir });

  for (const { id } of [running, paused]) {
    expect(await viewSession(platform, id)).toMatchObject({
      state: 'suspended',
      lost: 'the platform was stopped',
    });
    const back = agentSession(platform, 'comeback', id);
    expect(await count(back)).toMatchObject({ mark: '', markInFile: id, memory: 1, file: 3 });
  }
  await stopLeavingNothing();
});
