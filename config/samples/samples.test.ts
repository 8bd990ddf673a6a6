// The manifests that people begin with are valid, and ask for what they say.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { validateResource } from '../../model/resource.ts';
import { workloadOf } from '../../model/workload.ts';

const folder = import.meta.dirname;
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

const resourcesIn = (file: string) =>
  parseAllDocuments(readFileSync(path.join(folder, file), 'utf8')).map((document) => {
    const checked = validateResource(document.toJS());
    if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
    return checked.resource;
  });

const workloadsIn = (file: string) =>
  resourcesIn(file).flatMap((one) => (one.kind === 'Trigger' ? [] : [workloadOf(one)]));

test.each(files)('%s is valid', (file) => {
  expect(resourcesIn(file).length).toBeGreaterThan(0);
});

test('pools that follow the load: by a share of warm starts, and as Knative would', () => {
  expect(workloadsIn('scaled-code-interpreter.yaml').map(({ scaling }) => scaling)).toMatchObject([
    {
      policy: { class: 'target', warmStarts: 0.99, min: 0, max: 50, toZeroAfterMs: 1_800_000 },
      schedule: [{ cron: '0 9 * * 1-5', timeZone: 'Europe/Berlin', sessions: 20 }],
    },
    { policy: { class: 'kpa', metric: 'rps', target: 1.4, max: 20, scaleDownDelayMs: 60_000 } },
  ]);
});
