// The CustomResourceDefinitions: in step with the schemas, AgentCube's where it says anything, and refusing nothing that is valid.
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { resourceKinds, type ResourceKind } from '../../model/resource.ts';
import { runtimeKinds, runtimeSchemas } from '../../model/runtime.ts';
import { share } from '../../model/scaling-spec.ts';
import { trigger } from '../../model/trigger.ts';
import { definitionOf } from './definitions.ts';
import type { Structural } from './structural.ts';
import { generatedFiles } from './text.ts';

interface Definition {
  readonly spec: {
    readonly names: { readonly shortNames: readonly string[] };
    readonly versions: readonly {
      readonly additionalPrinterColumns: readonly { readonly name: string; readonly priority?: number }[];
      readonly schema: { readonly openAPIV3Schema: Structural };
    }[];
  };
}

const versionOf = (kind: ResourceKind) => {
  const [version] = (definitionOf(kind) as Definition).spec.versions;
  if (!version) throw new Error(`${kind} has no version`);
  return version;
};

const schemaOf = (kind: ResourceKind): Structural => versionOf(kind).schema.openAPIV3Schema;

/** A field by its name, wherever that leads first. */
const fieldsIn = (schema: Structural | undefined, ...names: string[]): Structural | undefined =>
  names.reduce<Structural | undefined>(
    (part, name) => (name === '[]' ? part?.items : part?.properties?.[name]),
    schema,
  );

test('the files are those that the schemas make: npm run generate:crds', async () => {
  const files = await generatedFiles();
  for (const [name, text] of files)
    expect(await readFile(path.join(import.meta.dirname, name), 'utf8')).toBe(text);
  const found = (await readdir(import.meta.dirname)).filter((name) => name.endsWith('.yaml'));
  expect(found.sort()).toEqual([...files.keys()].sort());
});

describe('what AgentCube promises', () => {
  test('its defaults are written into an object that does not say', () => {
    for (const kind of runtimeKinds) {
      const spec = fieldsIn(schemaOf(kind), 'spec');
      const ports = kind === 'AgentRuntime' ? 'targetPort' : 'ports';
      expect(fieldsIn(spec, 'sessionTimeout')).toMatchObject({ default: '15m' });
      expect(fieldsIn(spec, 'maxSessionDuration')).toMatchObject({ default: '8h' });
      expect(fieldsIn(spec, ports, '[]', 'protocol')).toMatchObject({
        default: 'HTTP',
        enum: ['HTTP', 'HTTPS'],
      });
    }
    expect(fieldsIn(schemaOf('CodeInterpreter'), 'spec', 'authMode')).toMatchObject({
      default: 'picod',
      enum: ['picod', 'none'],
    });
  });

  test('nothing else has a default, for ours mean what they mean by being absent', () => {
    const texts = runtimeKinds.map((kind) => JSON.stringify(schemaOf(kind)));
    const defaults = texts.flatMap((text) =>
      [...text.matchAll(/"default":("[^"]*")/g)].map(([, given]) => given),
    );
    expect(defaults.sort()).toEqual(['""', '"15m"', '"15m"', '"8h"', '"8h"', '"HTTP"', '"HTTP"', '"picod"']);
  });

  test('only what no object can be without is required', () => {
    expect(fieldsIn(schemaOf('AgentRuntime'), 'spec')?.required).toEqual(['targetPort', 'podTemplate']);
    expect(fieldsIn(schemaOf('CodeInterpreter'), 'spec')?.required).toEqual(['template']);
    expect(fieldsIn(schemaOf('AgentRuntime'), 'status')?.required).toBeUndefined();
  });

  test('a PodSpec keeps every field that it was given', () => {
    const podSpec = fieldsIn(schemaOf('AgentRuntime'), 'spec', 'podTemplate', 'spec');
    expect(podSpec).toMatchObject({ 'x-kubernetes-preserve-unknown-fields': true, required: ['containers'] });
    const container = fieldsIn(podSpec, 'containers', '[]');
    expect(container).toMatchObject({
      'x-kubernetes-preserve-unknown-fields': true,
      required: ['name', 'image'],
    });
  });

  test('every field that the schemas know of is in the definition', () => {
    for (const kind of runtimeKinds) {
      const known = Object.keys(runtimeSchemas[kind].shape.spec.shape);
      expect(Object.keys(fieldsIn(schemaOf(kind), 'spec')?.properties ?? {})).toEqual(known);
    }
  });
});

describe('a trigger', () => {
  test('has every field that its schema knows of; filters, which hold filters, are open', () => {
    const spec = fieldsIn(schemaOf('Trigger'), 'spec');
    const known = Object.keys(trigger.shape.spec.shape);
    expect(Object.keys(spec?.properties ?? {}).sort()).toEqual(known.sort());
    expect(spec?.required).toEqual(['target']);
    expect(fieldsIn(spec, 'filters', '[]')).toEqual({
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
    });
  });

  test('has no defaults: what it does not say means what it means by being absent', () => {
    expect(JSON.stringify(schemaOf('Trigger'))).not.toContain('"default":');
  });
});

describe('what people see', () => {
  test('columns and short names', () => {
    const columns = (wide: boolean) =>
      versionOf('CodeInterpreter')
        .additionalPrinterColumns.filter(({ priority = 0 }) => wide === priority > 0)
        .map(({ name }) => name);
    expect(columns(false)).toEqual(['Ready', 'Warm', 'Active', 'Asleep', 'Age']);
    expect(columns(true)).toEqual(['Wanted', 'Class', 'Why', 'Reason', 'Message']);
    const names = runtimeKinds.map((kind) => (definitionOf(kind) as Definition).spec.names.shortNames);
    expect(names).toEqual([['ar'], ['ci']]);
  });
});

/** What every part of a structural schema has to be for the API server to take it. */
function faultsOf(part: Structural, at: string): string[] {
  const untyped = ['x-kubernetes-int-or-string', 'x-kubernetes-preserve-unknown-fields'];
  const typed = part.type !== undefined || untyped.some((keyword) => part[keyword] === true);
  const both = part.properties !== undefined && part.additionalProperties !== undefined;
  const inner = [
    ...Object.entries(part.properties ?? {}).flatMap(([name, one]) => faultsOf(one, `${at}.${name}`)),
    ...(part.items ? faultsOf(part.items, `${at}[]`) : []),
    ...(part.additionalProperties ? faultsOf(part.additionalProperties, `${at}{}`) : []),
  ];
  const known = (part.required ?? []).filter((name) => part.properties?.[name] === undefined);
  return [
    ...(typed ? [] : [`${at} has no type`]),
    ...(both ? [`${at} has properties and additionalProperties`] : []),
    ...known.map((name) => `${at} requires ${name}, which it does not know`),
    ...inner,
  ];
}

test('the schemas are structural', () => {
  expect(resourceKinds.flatMap((kind) => faultsOf(schemaOf(kind), kind))).toEqual([]);
});

describe('durations', () => {
  interface Rule {
    readonly rule: string;
  }

  const ruleOf = (field: string): RegExp => {
    const [rule] = (fieldsIn(schemaOf('AgentRuntime'), 'spec', field)?.['x-kubernetes-validations'] ??
      []) as Rule[];
    return new RegExp(/^self\.matches\('(.*)'\)$/.exec(rule?.rule ?? '')?.[1] ?? '(?!)');
  };
  const { sessionTimeout, pauseAfter } = runtimeSchemas.AgentRuntime.shape.spec.shape;
  const given = [
    '15m',
    '1h30m',
    '1.5s',
    '.5s',
    '5.s',
    '+2m',
    '0',
    '+0',
    '100ms',
    '3us',
    '3µs',
    '3μs',
    '7ns',
    '0s',
  ].concat(['', '5', 'm', '-5m', '1h 30m', '15M', 'never', '1d', '.s', 'h1', '1h30', '+', '15m\n', '1.2.3s']);

  test.each(given)('the rule takes %j exactly when the schema does', (text) => {
    expect(ruleOf('sessionTimeout').test(text)).toBe(sessionTimeout.safeParse(text).success);
    expect(ruleOf('pauseAfter').test(text)).toBe(pauseAfter.safeParse(text).success);
  });
});

describe('the share of warm starts', () => {
  const part = fieldsIn(schemaOf('AgentRuntime'), 'spec', 'scaling', 'warmStarts') ?? {};
  const { pattern, minimum, maximum } = part as { pattern: string; minimum: number; maximum: number };
  const isTaken = (given: string | number): boolean =>
    typeof given === 'string' ? new RegExp(pattern).test(given) : given > minimum && given < maximum;

  test.each(['99%', '99.9%', '50 %', '0.5%', '00.01%', '05%', 0.99, 0.001])(
    'may be %j, as the schema says too',
    (given) => {
      expect([isTaken(given), share.safeParse(given).success]).toEqual([true, true]);
    },
  );

  test.each(['200%', '100%', '0%', '00.0%', '-1%', '99', 'all', '', 0, 1, 2, 99, -1])(
    'may not be %j',
    (given) => {
      expect([isTaken(given), share.safeParse(given).success]).toEqual([false, false]);
    },
  );
});
