// AgentCube's own Python client, as published and unmodified, runs the flows of AgentCube's documentation against us on one machine.
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, jest } from '@jest/globals';
import { sdkFlows } from '../contract/suites/sdk-flows.ts';
import { copyFolder } from '../support/folder.ts';
import { startPlatform, type Platform } from '../support/platform.ts';

jest.setTimeout(300_000);

const here = import.meta.dirname;

let platform: Platform;

beforeAll(async () => {
  const folder = copyFolder(path.resolve(here, '../../examples'));
  copyFileSync(path.join(here, 'seed/agent-runtime.yaml'), path.join(folder, 'agent-runtime.yaml'));
  platform = await startPlatform({ folder });
});

afterAll(() => platform.dispose());

sdkFlows(() => platform);
