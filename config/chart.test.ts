// The chart in step with what it is made of: the CRDs, the package's version, and the schema of its values.
// What the chart does on a cluster is test/cluster/chart.test.ts's.
import { describe, expect, test } from '@jest/globals';
import fs from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

const at = (...parts: readonly string[]): string => path.join(import.meta.dirname, ...parts);
const text = (...parts: readonly string[]): string => fs.readFileSync(at(...parts), 'utf8');
const yamlIn = (...parts: readonly string[]): string[] =>
  fs
    .readdirSync(at(...parts))
    .filter((name) => name.endsWith('.yaml'))
    .sort();

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
}

/** Names of values that the schema does not know, or that it knows and values.yaml does not show; as paths. */
function differences(values: unknown, schema: Schema, where = ''): string[] {
  const { properties, additionalProperties } = schema;
  if (properties === undefined || additionalProperties !== false) return [];
  const shown = (values ?? {}) as Readonly<Record<string, unknown>>;
  const names = new Set([...Object.keys(shown), ...Object.keys(properties)]);
  return [...names].flatMap((name) => {
    const known = properties[name];
    if (known === undefined || !(name in shown)) return [`${where}${name}`];
    return differences(shown[name], known, `${where}${name}.`);
  });
}

describe('the chart', () => {
  test('brings the CRDs as they are generated', () => {
    expect(yamlIn('chart', 'files', 'crds')).toEqual(yamlIn('crds'));
    for (const name of yamlIn('crds')) {
      expect(text('chart', 'files', 'crds', name)).toBe(text('crds', name));
    }
  });

  test('has the version of the package, whose images it names', () => {
    const { version } = JSON.parse(text('..', 'package.json')) as { version: string };
    expect(parse(text('chart', 'Chart.yaml'))).toMatchObject({ version, appVersion: version });
  });

  test('shows every value that its schema knows, and no other', () => {
    const schema = JSON.parse(text('chart', 'values.schema.json')) as Schema;
    // Helm hands `global` to every chart; this one has no use for it.
    expect(differences(parse(text('chart', 'values.yaml')), schema)).toEqual(['global']);
  });

  test('names the images that the package has Dockerfiles for', () => {
    const values = text('chart', 'values.yaml');
    const named = [...values.matchAll(/repository: agentcube\/([a-z-]+)/g)].map((match) => match[1] ?? '');
    expect(named).not.toEqual([]);
    for (const name of named) expect(fs.existsSync(at('..', 'images', name, 'Dockerfile'))).toBe(true);
  });
});
