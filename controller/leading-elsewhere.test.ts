// A lead over runtimes that a cluster keeps: they are served as if they were the platform's own, and only while it leads.
import { describe, expect, test } from '@jest/globals';
import { PlatformError } from '../model/errors.ts';
import { LeadingLab } from '../test/support/leading-lab.ts';
import { agent } from '../test/support/runtimes.ts';
import { ScriptedRuntimes } from '../test/support/scripted-runtimes.ts';
import { openClusterRegistry } from './cluster-registry.ts';
import type { OpenRegistry } from './opened-registry.ts';

const imagesOf = { resolve: async (image: string) => ({ digest: image }) };

const opening =
  (lab: LeadingLab, source: ScriptedRuntimes): OpenRegistry =>
  () =>
    openClusterRegistry({
      ...{ source, images: imagesOf, sessions: lab.store, feed: lab.bus, clock: lab.clock },
      log: () => undefined,
    });

describe('a lead over runtimes that are kept elsewhere', () => {
  test('tells everybody what is deployed, keeps their pools, and says in their status how they stand', async () => {
    const [lab, source] = [new LeadingLab(), new ScriptedRuntimes()];
    const key = source.put(agent('hello', { warmPoolSize: 2 }));
    await lab.leadElsewhere(opening(lab, source));
    await lab.clock.advance(12_000);
    expect(lab.told.map((one) => one.key)).toEqual([key]);
    expect(await lab.store.entries()).toHaveLength(2);
    expect(source.told.at(-1)?.status).toMatchObject({
      ready: true,
      warm: 2,
      wanted: 2,
      active: 0,
      asleep: 0,
    });
    const { session } = await lab.open();
    await lab.clock.advance(12_000);
    expect((await lab.session(session.id)).state.kind).toBe('running');
    expect(source.told.at(-1)?.status).toMatchObject({ warm: 2, active: 1 });
  });

  test('empties the pool of one that is gone', async () => {
    const [lab, source] = [new LeadingLab(), new ScriptedRuntimes()];
    const key = source.put(agent('hello', { warmPoolSize: 1 }));
    await lab.leadElsewhere(opening(lab, source));
    await lab.clock.advance(2_000);
    source.remove(key);
    await lab.clock.advance(2_000);
    expect([await lab.store.entries(), lab.driver.sandboxes.size, lab.told]).toEqual([[], 0, []]);
  });

  test('hears of nothing any more when it ends', async () => {
    const [lab, source] = [new LeadingLab(), new ScriptedRuntimes()];
    const leading = await lab.leadElsewhere(opening(lab, source));
    await leading.end();
    source.put(agent());
    await lab.clock.advance(20_000);
    expect([source.stopped, source.told, lab.told]).toEqual([true, [], []]);
  });

  test('cannot begin without knowing what is deployed, and leaves the driver closed', async () => {
    const lab = new LeadingLab();
    const away = new PlatformError('CLUSTER_UNAVAILABLE', 'away');
    const begun = lab.leadElsewhere(() => Promise.reject(away));
    await expect(begun).rejects.toMatchObject({ code: 'CLUSTER_UNAVAILABLE' });
    expect(lab.driver.sandboxes.size).toBe(0);
    await lab.leadElsewhere(opening(lab, new ScriptedRuntimes()));
    expect(lab.told).toEqual([]);
  });

  test('starts warm sandboxes side by side, whatever else starts meanwhile', async () => {
    const [lab, source] = [new LeadingLab(), new ScriptedRuntimes()];
    source.put(agent('slow', { warmPoolSize: 1 }));
    const release = lab.driver.hold('start');
    await lab.leadElsewhere(opening(lab, source));
    await lab.clock.advance(1_000);
    source.put(agent('quick', { warmPoolSize: 3 }));
    await lab.clock.advance(1_000);
    const ready = (await lab.store.entries()).map(({ runtime }) => runtime.name);
    expect(ready).toEqual(['quick', 'quick', 'quick']);
    release();
  });

  test('a pool that fails is tried one at a time, and at once when it was mended', async () => {
    const [lab, source] = [new LeadingLab(), new ScriptedRuntimes()];
    const key = source.put(agent('hello', { warmPoolSize: 3 }));
    lab.driver.fail('start', 'ErrImagePull: no such image');
    await lab.leadElsewhere(opening(lab, source));
    await lab.clock.advance(60_000);
    const starts = (): number => lab.driver.calls.filter((call) => call.startsWith('start')).length;
    expect(source.condition(key, 'Ready')).toMatchObject({ status: 'False', reason: 'ErrImagePull' });
    expect(starts()).toBeLessThan(12);
    lab.driver.heal();
    const podTemplate = { spec: { containers: [{ name: 'agent', image: 'mended' }] } };
    source.put(agent('hello', { warmPoolSize: 3, podTemplate }), { generation: 2 });
    await lab.clock.advance(2_000);
    expect(await lab.store.entries()).toHaveLength(3);
    expect(source.condition(key, 'Ready')).toMatchObject({ status: 'True' });
  });
});
