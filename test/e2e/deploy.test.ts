// A folder of YAML, kept applied: what is wrong is told with file, line and path and changes nothing that runs; what
// changed is deployed anew, and sessions keep the revision that they were opened with.
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { agentUrl, call, openAgent, until } from '../support/client.ts';
import { agentYaml, probeFolder, type AgentOptions } from '../support/folder.ts';
import { startPlatform, type Platform } from '../support/platform.ts';
import { count, markAgent, type ProbeState } from '../support/probe.ts';

jest.setTimeout(180_000);

const agent = (version: string): AgentOptions => ({
  name: 'changing',
  env: { VERSION: version },
  spec: { warmPoolSize: 1 },
});
const folder = probeFolder(agent('one'));
const put = (name: string, text: string): void => writeFileSync(path.join(folder, name), text);

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform({ folder });
});

afterAll(() => platform.dispose());

const untilPrinted = (text: string | RegExp): Promise<string> =>
  until(
    `${text} printed`,
    () => Promise.resolve(platform.output()),
    (output) => output.search(text) >= 0,
  );

const versionOfNew = async (): Promise<string | undefined> =>
  (await call('GET', agentUrl(platform, 'changing'))).json<ProbeState>().version;

test('a changed file is deployed: new sessions get it, the old pool is drained, running sessions keep theirs', async () => {
  const old = await openAgent(platform, 'changing');
  await markAgent(old);
  put('changing.yaml', agentYaml(agent('two')));
  await until('the new revision', versionOfNew, (version) => version === 'two');
  for (let again = 0; again < 3; again += 1) expect(await versionOfNew()).toBe('two');
  expect(await count(old)).toMatchObject({ version: 'one', mark: old.id });
});

test('an unchanged pool has no more sandboxes than sessions and its size (S5)', async () => {
  const { items } = (await call('GET', `${platform.controlUrl}/v1/sessions?limit=1000`)).json<{
    items: unknown[];
  }>();
  const sandboxes = (): Promise<number> =>
    Promise.resolve(readdirSync(path.join(platform.dataDir, 'sandboxes')).length);
  await until('sandboxes', sandboxes, (found) => found === items.length + 1);
});

test('a wrong file: every problem with file, line, path and what was expected; what runs stays', async () => {
  const text = agentYaml(agent('three')).replace(
    'warmPoolSize: 1',
    'warmPoolSize: many\n  sessionTimeOut: 15m',
  );
  put('changing.yaml', text);
  const line = (field: string): number => text.split('\n').findIndex((one) => one.includes(field)) + 1;
  await untilPrinted(`changing.yaml:${line('warmPoolSize')}: spec.warmPoolSize`);
  await untilPrinted(new RegExp(`changing.yaml:${line('sessionTimeOut')}: .*did you mean "sessionTimeout"`));
  expect(await versionOfNew()).toBe('two');
});

test('a file that is no YAML', async () => {
  put('broken.yaml', 'kind: [AgentRuntime\n');
  await untilPrinted(/broken\.yaml:\d+: /);
  expect(await versionOfNew()).toBe('two');
});

test('an image that nobody knows is refused, and the known ones are listed', async () => {
  put('imageless.yaml', agentYaml({ name: 'imageless', image: 'probee' }));
  const output = await untilPrinted(/imageless\.yaml:\d+: .*probee/);
  expect(output.slice(output.lastIndexOf('imageless.yaml'))).toMatch(/\bprobe\b/);
  const url = `${platform.controlUrl}/apis/runtime.agentcube.volcano.sh/v1alpha1/namespaces/default/agentruntimes/imageless`;
  expect((await call('GET', url)).json()).toMatchObject({ kind: 'Status', reason: 'NotFound', code: 404 });
});
