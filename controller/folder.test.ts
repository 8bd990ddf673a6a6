import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PlatformError } from '../model/errors.ts';
import type { Resource } from '../model/resource.ts';
import { stringify } from 'yaml';
import { triggerObject } from '../test/support/triggers.ts';
import { applyFolder, imageTablesIn, type Applied } from './folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'agentcube-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const interpreter = (
  name: string,
  image = 'picod:latest',
): string => `apiVersion: runtime.agentcube.volcano.sh/v1alpha1
kind: CodeInterpreter
metadata: { name: ${name} }
spec: { template: { image: ${image} } }
`;

const apply = (resource: Resource): Promise<Applied> => {
  const { name, namespace = 'default' } = resource.metadata;
  if (name === 'refused') return Promise.reject(new PlatformError('UNKNOWN_IMAGE', 'no such image'));
  return Promise.resolve({ kind: resource.kind, namespace, name, what: 'created', warnings: [] });
};
const write = (file: string, text: string): void => {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), text);
};
const applied = async () => {
  const report = await applyFolder(folder, apply);
  return { names: report.applied.map((one) => one.name), problems: report.problems };
};

describe('a folder of YAML', () => {
  test('every manifest below it is applied; image tables and hidden folders are not manifests', async () => {
    write('a.yaml', interpreter('one'));
    write('deep/down/b.yml', interpreter('two'));
    write('deep/images.yaml', 'images: []');
    write('.git/c.yaml', 'no manifest');
    write('node_modules/d/e.yaml', 'no manifest');
    expect(await applied()).toEqual({ names: ['one', 'two'], problems: [] });
    expect(await imageTablesIn(folder)).toEqual([path.join(folder, 'deep/images.yaml')]);
  });

  test('a wrong file is told with every problem, and nothing of it is applied; the others are', async () => {
    write('good.yaml', interpreter('good'));
    write('wrong.yaml', `${interpreter('half')}---\n${interpreter('bad', '""').replace('image:', 'imag:')}`);
    const { names, problems } = await applied();
    expect(names).toEqual(['good']);
    expect(problems.length).toBeGreaterThanOrEqual(2);
    expect(
      problems.every((problem) => problem.file?.endsWith('wrong.yaml') && problem.line !== undefined),
    ).toBe(true);
  });

  test('a trigger comes after the runtimes, whichever file it is in, so its target is there', async () => {
    write('a.yaml', stringify(triggerObject()));
    write('b.yaml', interpreter('one'));
    expect(await applied()).toEqual({ names: ['one', 'on-issue'], problems: [] });
  });

  test('one name in two files is a problem of the second', async () => {
    write('a.yaml', interpreter('same'));
    write('b.yaml', interpreter('same'));
    const { names, problems } = await applied();
    expect(names).toEqual(['same']);
    expect(problems).toHaveLength(1);
  });

  test('what the platform refuses is a problem with its file and line', async () => {
    write('a.yaml', interpreter('refused'));
    expect((await applied()).problems).toMatchObject([{ line: 1, message: 'no such image' }]);
  });

  test('a folder that is not there rejects', async () => {
    await expect(applyFolder(path.join(folder, 'gone'), apply)).rejects.toThrow(/ENOENT/);
  });
});
