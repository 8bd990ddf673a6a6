import { describe, expect, test } from '@jest/globals';
import { LeadingLab, type Led } from '../test/support/leading-lab.ts';
import { settle } from '../test/support/manual-clock.ts';
import { agent } from '../test/support/runtimes.ts';
import { validTrigger } from '../test/support/triggers.ts';
import type { DeployedTrigger } from '../model/deployed-trigger.ts';

const holder = 'activator-1';

/** A lab whose runtime is deployed, with warm sandboxes where asked. */
async function deployed(warmPoolSize = 0): Promise<{ lab: LeadingLab; first: Led }> {
  const lab = new LeadingLab();
  const first = await lab.lead();
  await first.lead.registry.apply(agent('hello', { warmPoolSize }));
  await lab.clock.advance(1_000);
  return { lab, first };
}

const starts = (lab: LeadingLab): number =>
  lab.driver.calls.filter((call) => call.startsWith('start')).length;
const poolIds = async (lab: LeadingLab): Promise<string[]> =>
  (await lab.store.entries()).map((entry) => entry.sandbox.id).sort();

describe('the beginning of a lead', () => {
  test('a store is refused to everybody until the first leader has prepared it', async () => {
    const lab = new LeadingLab();
    await expect(lab.store.get('x')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await lab.lead();
    expect(await lab.store.get('x')).toBeUndefined();
  });

  test('what is deployed is told to all, then and after each change, and everybody looks again', async () => {
    const { lab, first } = await deployed();
    expect(lab.told.map((one) => one.key.name)).toEqual(['hello']);
    await first.lead.registry.apply(agent('world'));
    await settle();
    expect(lab.told.map((one) => one.key.name)).toEqual(['hello', 'world']);
    expect(lab.gaps).toBe(1);
  });

  test('so are triggers, where somebody takes events', async () => {
    const lab = new LeadingLab();
    const told: string[][] = [];
    const publish = async (triggers: readonly DeployedTrigger[]): Promise<void> =>
      void told.push(triggers.map(({ revision }) => revision));
    const { lead } = await lab.lead({ triggerDirectory: () => ({ publish }) });
    const { trigger } = await lead.triggers.apply(validTrigger());
    await settle();
    await lead.triggers.remove({ namespace: 'default', name: 'on-issue' });
    await settle();
    expect(told).toEqual([[], [`${trigger.metadata.uid}.1`], []]);
  });

  test('what could not be told is told once the directory can be reached again', async () => {
    const lab = new LeadingLab();
    let away = false;
    const publish = async (runtimes: LeadingLab['told']): Promise<void> => {
      if (away) throw new Error('away');
      lab.told = runtimes;
    };
    const { lead } = await lab.lead({ directory: () => ({ publish }) });
    away = true;
    await lead.registry.apply(agent());
    await lab.clock.advance(1_000);
    expect(lab.told).toEqual([]);
    away = false;
    await lab.clock.advance(1_000);
    expect(lab.told.map((one) => one.key.name)).toEqual(['hello']);
  });

  test('one that cannot begin leaves nothing open', async () => {
    const lab = new LeadingLab();
    lab.away = 'before';
    let closed = 0;
    const openDriver = async () => Object.assign(lab.driver, { close: async () => void (closed += 1) });
    await expect(lab.lead({ openDriver })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect([closed, lab.ends]).toEqual([1, []]);
  });

  test('S2: activators renew their leases before anything is paused', async () => {
    const { lab, first } = await deployed();
    const { session } = await lab.open();
    await lab.clock.advance(29_000);
    await first.leading.end();
    await lab.lead();
    await lab.clock.advance(2_000);
    expect((await lab.session(session.id)).state.kind).toBe('running');
    await lab.clock.advance(2_000);
    expect((await lab.session(session.id)).state.kind).toBe('paused');
  });
});

describe('a store that was emptied', () => {
  test('is told of every session again: same id, generation, policy, owner and labels', async () => {
    const { lab, first } = await deployed();
    const running = await lab.open();
    const paused = await lab.open();
    await first.lead.api.commands.pause(paused.session.id);
    const crashed = await lab.open();
    const { state } = await lab.session(crashed.session.id);
    if (state.kind !== 'running') throw new Error(`it is ${state.kind}`);
    lab.driver.crash(state.sandbox.id, 'exit code 1');
    await settle();
    const all = [running, paused, crashed].map(({ session }) => session.id);
    const before = await Promise.all(all.map((id) => lab.session(id)));
    lab.empty();
    await first.leading.end();
    const { lead } = await lab.lead();
    expect(lead.recovered).toMatchObject({ rebuilt: 3, removed: 0, lost: 0 });
    const after = await Promise.all(all.map((id) => lab.session(id)));
    const lasting = ({ version: _v, stateAt: _s, wokenAt: _w, ...session }: (typeof after)[number]) =>
      session;
    expect(after.map(lasting)).toEqual(before.map(lasting));
    expect(after.every((one, i) => one.version > (before[i]?.version ?? Infinity))).toBe(true);
  });

  test('has its runtimes again, from the copy, and who read one before may write over it', async () => {
    const { lab, first } = await deployed();
    const key = { kind: 'AgentRuntime', namespace: 'default', name: 'hello' } as const;
    const before = first.lead.registry.get(key);
    if (!before) throw new Error('it was not deployed');
    lab.empty();
    await first.leading.end();
    const { lead } = await lab.lead();
    const { uid, generation } = before.metadata;
    expect(lead.registry.get(key)?.metadata).toMatchObject({ uid, generation });
    expect(await lead.registry.replace(before)).toMatchObject({ what: 'unchanged' });
    expect(lab.told.map((one) => one.key.name)).toEqual(['hello']);
  });

  test('S1: gets its warm sandboxes again, and none that ran for a session', async () => {
    const { lab, first } = await deployed(2);
    const { session, how } = await lab.open();
    expect(how).toBe('claim');
    await lab.clock.advance(1_000);
    const pool = await poolIds(lab);
    const made = starts(lab);
    lab.empty();
    await first.leading.end();
    await lab.lead();
    await lab.clock.advance(1_000);
    expect(await poolIds(lab)).toEqual(pool);
    expect(starts(lab)).toBe(made);
    expect((await lab.session(session.id)).state.kind).toBe('running');
  });

  test('a claim that was not woken yet keeps its session, because it is marked as soon as it is heard of', async () => {
    const { lab, first } = await deployed(1);
    lab.bus.wake = () => undefined;
    const { session } = await lab.open();
    lab.empty();
    await first.leading.end();
    await lab.lead();
    expect((await lab.session(session.id)).state.kind).toBe('paused');
  });

  test('S2: pauses nothing for as long as a lease may last that it knows nothing of', async () => {
    const { lab, first } = await deployed();
    const { session } = await lab.open();
    lab.empty();
    await first.leading.end();
    await lab.lead();
    await lab.clock.advance(80_000);
    expect((await lab.session(session.id)).state.kind).toBe('running');
    await lab.clock.advance(11_000);
    expect((await lab.session(session.id)).state.kind).toBe('paused');
  });

  test('is refused to everybody until it is rebuilt: nobody is told that a session never was', async () => {
    const { lab, first } = await deployed();
    const { session } = await lab.open();
    lab.empty();
    await expect(lab.store.get(session.id)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(first.lead.api.store.get(session.id)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(first.lead.api.commands.end(session.id)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
  });
});

describe('a lead that has ended', () => {
  test('begins nothing and stores nothing any more, whatever falls due or is asked', async () => {
    const { lab, first } = await deployed(1);
    const { session } = await lab.open();
    await lab.clock.advance(1_000);
    await first.leading.end();
    const calls = lab.driver.calls.length;
    const before = await lab.session(session.id);
    lab.bus.wake(session.id);
    lab.bus.announceGap();
    await lab.clock.advance(3_600_000);
    expect(lab.driver.calls).toHaveLength(calls);
    expect(await lab.session(session.id)).toEqual(before);
    await expect(first.lead.api.commands.pause(session.id)).rejects.toMatchObject({ code: 'NOT_LEADER' });
    expect(lab.ends).toHaveLength(1);
  });

  test('leaves the sandboxes as they are for the next, and its work under way is carried on there', async () => {
    const { lab, first } = await deployed();
    const release = lab.driver.hold('start');
    const { session } = await lab.open();
    await first.leading.end();
    await lab.lead();
    release();
    await settle();
    expect((await lab.session(session.id)).state.kind).toBe('running');
    expect(lab.driver.sandboxes.size).toBe(1);
  });

  test('a driver that does not close in time ends the process', async () => {
    const lab = new LeadingLab();
    const openDriver = async () =>
      Object.assign(lab.driver, { close: () => new Promise<void>(() => undefined) });
    const { leading } = await lab.lead({ openDriver });
    const ended = leading.end();
    await lab.clock.advance(2_000);
    await ended;
    expect(lab.stuck).toBe(1);
  });

  test('a frozen leader that wakes up late changes nothing', async () => {
    const { lab, first } = await deployed(1);
    const { session } = await lab.open();
    await lab.clock.advance(1_000);
    const second = await lab.lead();
    const before = await lab.session(session.id);
    const late = first.lead.api.commands.end(session.id);
    await expect(late).rejects.toMatchObject({ code: 'NOT_LEADER' });
    expect(await lab.session(session.id)).toEqual(before);
    await second.leading.end();
  });
});

describe('a store that is away for a while', () => {
  test.each(['before', 'after'] as const)(
    'S5: a warm sandbox whose offer was not answered (%s it was taken) is offered again and not thrown away',
    async (when) => {
      const { lab, first } = await deployed();
      const release = lab.driver.hold('pause');
      await first.lead.registry.apply(agent('hello', { warmPoolSize: 1 }));
      await lab.clock.advance(100);
      [lab.away, lab.awayFor] = [when, 'offer'];
      release();
      await lab.clock.advance(5_000);
      lab.away = undefined;
      await lab.clock.advance(10_000);
      expect(await poolIds(lab)).toHaveLength(1);
      expect([starts(lab), lab.driver.sandboxes.size]).toEqual([1, 1]);
    },
  );

  test('S1: a warm sandbox whose withdrawal was not answered is not stopped until the store says whose it is', async () => {
    const { lab, first } = await deployed(1);
    [lab.away, lab.awayFor] = ['after', 'withdraw'];
    await first.lead.registry.apply(agent('hello', { warmPoolSize: 0 }));
    await lab.clock.advance(3_000);
    expect(lab.driver.calls.filter((call) => call.startsWith('stop'))).toEqual([]);
    lab.away = undefined;
    await lab.clock.advance(20_000);
    expect([await poolIds(lab), lab.driver.sandboxes.size]).toEqual([[], 0]);
  });

  test('S5: a warm sandbox that died, and whose withdrawal was not answered, leaves nothing', async () => {
    const { lab } = await deployed(1);
    const [sandboxId = ''] = [...lab.driver.sandboxes.keys()];
    [lab.away, lab.awayFor] = ['after', 'withdraw'];
    lab.driver.crash(sandboxId, 'out of memory');
    await lab.clock.advance(3_000);
    lab.away = undefined;
    await lab.clock.advance(20_000);
    expect(await poolIds(lab)).not.toContain(sandboxId);
    expect(lab.driver.sandboxes.size).toBe(1);
  });

  test('S4: a crash meanwhile is told when the store is back', async () => {
    const { lab } = await deployed();
    const { session } = await lab.open();
    const [sandboxId = ''] = [...lab.driver.sandboxes.keys()];
    lab.away = 'before';
    lab.driver.crash(sandboxId, 'exit code 1');
    await lab.clock.advance(10_000);
    lab.away = undefined;
    await lab.clock.advance(1_000);
    expect((await lab.session(session.id)).state).toMatchObject({ kind: 'suspended', lost: 'exit code 1' });
  });

  test('a pause that was stored although nobody heard so is carried out', async () => {
    const { lab } = await deployed();
    const { session } = await lab.open();
    await lab.clock.advance(29_500);
    [lab.away, lab.awayFor] = ['after', 'saveIfUnleased'];
    await lab.clock.advance(3_000);
    lab.away = undefined;
    await lab.clock.advance(2_000);
    expect((await lab.session(session.id)).state.kind).toBe('paused');
  });

  test('S2: work that the store cannot be told of is not stopped for that', async () => {
    const { lab } = await deployed();
    const { session } = await lab.open();
    for (const sandbox of lab.driver.sandboxes.values()) sandbox.busy = ['training'];
    const release = lab.driver.hold('pause');
    await lab.clock.advance(31_000);
    lab.away = 'before';
    release();
    await lab.clock.advance(5_000);
    lab.away = undefined;
    await lab.clock.advance(2_000);
    expect((await lab.session(session.id)).state.kind).toBe('running');
    expect([...lab.driver.sandboxes.values()].map((one) => one.state)).toEqual(['running']);
  });

  test('a session that was opened cold is started, although who opened it never asks for that', async () => {
    const { lab } = await deployed();
    lab.bus.wake = () => undefined;
    const { session } = await lab.open();
    expect((await lab.session(session.id)).state.kind).toBe('running');
  });

  test('a claim that was not heard of costs its pool no place', async () => {
    const { lab } = await deployed(1);
    lab.deaf = true;
    const { session } = await lab.open();
    lab.deaf = false;
    await lab.clock.advance(10_000);
    expect(await poolIds(lab)).toHaveLength(1);
    const marks = [...lab.driver.sandboxes.values()].map((one) => one.spec.session?.id);
    expect(marks).toContain(session.id);
  });

  test('S2: a session that somebody holds is not paused for having slept through an outage', async () => {
    const { lab } = await deployed();
    const { session } = await lab.open();
    await lab.store.acquire(session.id, holder, lab.clock.now() + 90_000, lab.clock.now());
    lab.away = 'before';
    await lab.clock.advance(60_000);
    lab.away = undefined;
    await lab.clock.advance(5_000);
    expect((await lab.session(session.id)).state.kind).toBe('running');
  });
});
