import { describe, expect, test } from '@jest/globals';
import { loadConfig, settingsHelp, type Sources } from './load.ts';
import { envOf, flagOf } from './names.ts';
import { platformConfigSchema } from './platform.ts';

const load = (given: Partial<Sources> & { files?: Record<string, string> } = {}) =>
  loadConfig(platformConfigSchema, {
    args: given.args ?? [],
    env: given.env ?? {},
    readFile: (path) => {
      const text = given.files?.[path];
      if (text === undefined) throw new Error('no such file');
      return text;
    },
  });

describe('one name for a setting everywhere', () => {
  test('flag and variable follow from the name', () => {
    expect(flagOf('activatorPort')).toBe('activator-port');
    expect(envOf('activatorPort')).toBe('AGENTCUBE_ACTIVATOR_PORT');
  });
});

describe('sources', () => {
  test('nothing given: the defaults, with every setting that has one', () => {
    const loaded = load();
    expect(loaded).toMatchObject({ kind: 'config', config: { controlPort: 8080, activatorPort: 8081 } });
  });

  test('a flag wins over the environment, which wins over the file', () => {
    const files = { 'a.yaml': 'controlPort: 1\nactivatorPort: 1\ndrainSeconds: 1\n' };
    const env = { AGENTCUBE_CONTROL_PORT: '2', AGENTCUBE_ACTIVATOR_PORT: '2' };
    const loaded = load({ files, env, args: ['--config', 'a.yaml', '--control-port', '3', 'examples'] });
    expect(loaded).toMatchObject({
      kind: 'config',
      config: { controlPort: 3, activatorPort: 2, drainSeconds: 1 },
      positionals: ['examples'],
    });
  });

  test('every problem is told at once, by the name the user typed', () => {
    const loaded = load({
      env: { AGENTCUBE_ACTIVATOR_PORT: '99999' },
      args: ['--control-port=x', '--isolation=docker'],
    });
    expect(loaded.kind).toBe('problems');
    const problems = loaded.kind === 'problems' ? loaded.problems.join('\n') : '';
    expect(problems).toMatch(/--control-port: /);
    expect(problems).toMatch(/--isolation: .*bubblewrap/);
    expect(problems).toMatch(/AGENTCUBE_ACTIVATOR_PORT: /);
  });

  test('an unknown flag, an unknown setting and a missing file are problems', () => {
    expect(load({ args: ['--prot', '1'] })).toMatchObject({ kind: 'problems' });
    expect(load({ files: { f: 'prot: 1' }, args: ['--config', 'f'] })).toMatchObject({ kind: 'problems' });
    expect(load({ args: ['--config', 'gone.yaml'] })).toMatchObject({
      kind: 'problems',
      problems: [expect.stringContaining('gone.yaml: no such file')],
    });
  });
});

test('help has a line for each setting, with its default', () => {
  const help = settingsHelp(platformConfigSchema);
  for (const name of Object.keys(platformConfigSchema.shape)) expect(help).toContain(`--${flagOf(name)}`);
  expect(help).toMatch(/--control-port .*\[8080\]/);
});
