// docs/configuration.md and the schemas say the same.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { settingsRows } from '../test/support/settings-table.ts';
import { activatorConfigSchema } from './activator.ts';
import { agentcubeEnvNames } from './agentcube-env.ts';
import { klogFlags, routerFlags, workloadManagerFlags } from './agentcube-flags.ts';
import { autoscalerConfigSchema } from './autoscaler.ts';
import { controllerConfigSchema } from './controller.ts';
import { nodeAgentConfigSchema } from './nodeagent.ts';
import { platformConfigSchema } from './platform.ts';

const text = readFileSync(path.resolve(import.meta.dirname, '../docs/configuration.md'), 'utf8');
const lines = text.split('\n').map((line) => line.replace(/ +/g, ' '));

/** The rows of the table below a heading. */
function tableBelow(heading: string): string[] {
  const start = lines.indexOf(`## ${heading}`);
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => line.startsWith('## '));
  return rest.slice(0, end < 0 ? undefined : end).filter((line) => line.startsWith('| `'));
}

describe('each setting has its row, and there is no other', () => {
  test.each([
    ['The platform in one process', platformConfigSchema],
    ['Activator', activatorConfigSchema],
    ['Controller', controllerConfigSchema],
    ['Autoscaler', autoscalerConfigSchema],
    ['Node agent', nodeAgentConfigSchema],
  ] as const)('%s', (heading, schema) => {
    expect(tableBelow(heading)).toEqual(settingsRows(schema));
  });
});

test("each of AgentCube's names is there", () => {
  const flags = [...Object.keys(routerFlags), ...Object.keys(workloadManagerFlags)];
  const own = flags.filter((name) => !(name in klogFlags)).map((name) => `--${name}`);
  for (const name of [...agentcubeEnvNames, ...own]) expect(text).toContain(`\`${name}\``);
});
