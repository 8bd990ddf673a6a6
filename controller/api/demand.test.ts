// Sessions that the control API opens count as demand like those of activators.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { controlLab, until, type ControlLab } from '../../test/support/control-lab.ts';
import { agent } from '../../test/support/runtimes.ts';

let lab: ControlLab;

beforeEach(async () => {
  lab = await controlLab();
  await lab.registry.create(agent('hello'));
});
afterEach(() => lab.close());

const open = () => lab.ask('POST', '/v1/agent-runtime', { body: { namespace: 'default', name: 'hello' } });

test('one that starts cold is counted when it is opened, and its wait when it is usable', async () => {
  const release = lab.driver.hold('start');
  const opened = open();
  await until(() => lab.demand.length > 0);
  expect(lab.demand).toEqual(['hello opened cold']);
  release();
  expect((await opened).status).toBe(200);
  expect(lab.demand).toEqual(['hello opened cold', 'hello served after 0']);
});

test('one whose sandbox does not start is an arrival that nobody served', async () => {
  lab.driver.fail('start', 'exit code 1');
  expect((await open()).status).toBe(500);
  expect(lab.demand).toEqual(['hello opened cold']);
});

test('a runtime that is not there is no demand', async () => {
  await lab.ask('POST', '/v1/agent-runtime', { body: { namespace: 'default', name: 'nobody' } });
  expect(lab.demand).toEqual([]);
});
