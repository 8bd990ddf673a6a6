// An autoscaler from the outside: what it publishes and saves, of what is deployed and what it hears.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { PlatformError } from '../model/errors.ts';
import { scalerLab, sized, plain, type ScalerLab } from '../test/support/scaler-lab.ts';

let lab: ScalerLab;
beforeEach(() => {
  lab = scalerLab();
});

describe('where nothing is decided', () => {
  test('what pools are to hold is told at the beginning, then each change, and nothing when nothing changed', async () => {
    await lab.deploy(plain('a', 1));
    await lab.lead(7);
    await lab.deploy(plain('a', 1));
    expect(lab.told).toEqual(['7 all: a=1']);
    await lab.deploy(plain('a', 2), plain('b', 0));
    await lab.deploy(plain('b', 0));
    expect(lab.told).toEqual(['7 all: a=1', '7: a=2 b=0', '7: -a']);
  });

  test('nothing is told before anybody knows what is deployed', async () => {
    await lab.lead(1);
    await lab.seconds(5);
    expect(lab.told).toEqual([]);
    await lab.deploy();
    expect(lab.told).toEqual(['1 all:']);
  });

  test('after a gap everything is told again: what was told may be gone with the store', async () => {
    await lab.deploy(plain('a', 1));
    await lab.lead(1);
    await lab.gap();
    expect(lab.told).toEqual(['1 all: a=1', '1 all: a=1']);
  });

  test('what could not be told is told again, all of it and with what changed meanwhile', async () => {
    await lab.deploy(plain('a', 1));
    await lab.lead(1);
    lab.fault = new PlatformError('STORE_UNAVAILABLE', 'away');
    await lab.deploy(plain('a', 2));
    await lab.deploy(plain('a', 3));
    lab.fault = undefined;
    await lab.seconds(1);
    expect(lab.told).toEqual(['1 all: a=1', '1 all: a=3']);
  });

  test('a gap while it is told: told again afterwards', async () => {
    await lab.deploy(plain('a', 1));
    const held = lab.hold();
    await lab.lead(1);
    await lab.gap();
    await held.letGo();
    expect(lab.told).toEqual(['1 all: a=1', '1 all: a=1']);
  });

  test('one that leads no more tells nothing, and waits for what is under way', async () => {
    await lab.deploy(plain('a', 1));
    const lead = await lab.lead(1);
    const held = lab.hold();
    await lab.deploy(plain('a', 2));
    let ended = false;
    const ending = lead.end().then(() => (ended = true));
    await lab.deploy(plain('a', 3));
    expect(ended).toBe(false);
    await held.letGo();
    await ending;
    await lab.seconds(5);
    expect(lab.told).toEqual(['1 all: a=1', '1: a=2']);
  });

  test('one whose term is over stops trying', async () => {
    lab.fault = new PlatformError('NOT_LEADER', 'another leads');
    await lab.deploy(plain('a', 1));
    await lab.lead(1);
    lab.fault = undefined;
    await lab.seconds(0.9);
    expect(lab.told).toEqual([]);
  });
});

describe('where a policy decides', () => {
  test('nothing is decided before it is known how the pools stand, and what is published by then stays', async () => {
    await lab.deploy(plain('fixed', 2), sized('kept'));
    await lab.lead(1);
    await lab.seconds(30);
    expect(lab.told).toEqual(['1: fixed=2']);
    await lab.stands({ kept: 5 });
    await lab.seconds(1);
    expect(lab.told).toEqual(['1: fixed=2', '1 all: fixed=2 kept=5']);
  });

  test('a leader without a memory keeps the pools that it finds', async () => {
    await lab.deploy(sized('a'));
    await lab.stands({ a: 7 });
    await lab.lead(1);
    await lab.seconds(3);
    expect(lab.sizes()).toEqual({ a: 7 });
  });

  test('one that stood by has seen what the leader saw: its first word is the size that the load asks for', async () => {
    await lab.deploy(sized('a'));
    await lab.stands({ a: 0 });
    for (let second = 0; second < 60; second += 1) {
      await lab.came({ a: 3 });
      await lab.seconds(1);
    }
    await lab.lead(2);
    expect(lab.told).toHaveLength(1);
    expect(lab.sizes().a).toBeGreaterThanOrEqual(3);
  });

  test('a burst is answered at once, and not with the next round', async () => {
    await lab.deploy(sized('a'));
    await lab.stands({ a: 0 });
    await lab.lead(1);
    await lab.seconds(10.5);
    const before = lab.told.length;
    await lab.came({ a: 20 }, { coldStarts: 20 });
    await lab.seconds(0.1);
    expect(lab.told.length).toBeGreaterThan(before);
    expect(lab.sizes().a).toBeGreaterThan(0);
  });

  test('reasons alone are told every ten seconds while sessions come, and every minute when none do', async () => {
    await lab.deploy(sized('a', { min: 50, max: 50 }));
    await lab.stands({ a: 50 });
    await lab.lead(1);
    for (let second = 0; second < 60; second += 1) {
      await lab.came({ a: 1 });
      await lab.seconds(1);
    }
    expect(lab.told.length).toBeGreaterThanOrEqual(5);
    expect(lab.told.length).toBeLessThanOrEqual(8);
    const { length } = lab.told;
    await lab.seconds(300);
    expect(lab.told.length).toBeLessThanOrEqual(length + 7);
  });
});

describe('what was learned', () => {
  test('is saved within about a minute, and the next program goes on from it', async () => {
    await lab.deploy(sized('a'), sized('b'), plain('c', 1));
    await lab.stands({ a: 0, b: 0, c: 1 });
    await lab.lead(1);
    for (let second = 0; second < 90; second += 1) {
      await lab.came({ a: 4 });
      await lab.seconds(1);
    }
    expect([...lab.rows.keys()].sort()).toEqual(['AgentRuntime/default/a', 'AgentRuntime/default/b']);
    const { a } = lab.sizes();
    const next = scalerLab(lab.rows);
    await next.deploy(sized('a'), sized('b'), plain('c', 1));
    await next.stands({ a: 0, b: 0, c: 1 });
    await next.lead(2);
    await next.seconds(1);
    expect(a).toBeGreaterThan(1);
    expect(next.sizes().a).toBeGreaterThanOrEqual((a ?? 0) / 2);
  });

  test('goes with its runtime, also when an earlier program saved it', async () => {
    const rows = new Map([['AgentRuntime/default/gone', '{}']]);
    lab = scalerLab(rows);
    await lab.deploy(sized('a'));
    await lab.stands({ a: 0 });
    await lab.lead(1);
    await lab.seconds(70);
    expect([...lab.rows.keys()]).toEqual(['AgentRuntime/default/a']);
    await lab.deploy();
    await lab.seconds(70);
    expect([...lab.rows.keys()]).toEqual([]);
  });

  test('is waited for: until it was read nothing is told', async () => {
    const memoryFault = new PlatformError('STORE_UNAVAILABLE', 'away');
    lab = scalerLab(new Map(), { memoryFault });
    await lab.deploy(plain('a', 1));
    await lab.lead(1);
    await lab.seconds(5);
    expect(lab.told).toEqual([]);
    lab.memoryFault = undefined;
    await lab.seconds(1);
    expect(lab.told).toEqual(['1 all: a=1']);
  });

  test('that nobody understands is told of, and the runtime is new', async () => {
    lab = scalerLab(new Map([['AgentRuntime/default/a', '{"class":']]));
    await lab.deploy(sized('a'));
    await lab.stands({ a: 3 });
    await lab.lead(1);
    expect(lab.sizes()).toEqual({ a: 3 });
    expect(lab.logged).toEqual(['a pool could not be sized by what was seen']);
  });

  test('that could not be saved is saved later', async () => {
    await lab.deploy(sized('a'));
    await lab.stands({ a: 0 });
    await lab.lead(1);
    lab.memoryFault = new PlatformError('STORE_UNAVAILABLE', 'away');
    await lab.came({ a: 1 });
    await lab.seconds(120);
    expect(lab.rows.size).toBe(0);
    lab.memoryFault = undefined;
    await lab.seconds(120);
    expect(lab.rows.size).toBe(1);
  });

  test('is saved at once before an orderly end', async () => {
    await lab.deploy(sized('a'), sized('b'));
    await lab.stands({ a: 0, b: 0 });
    const lead = await lab.lead(1);
    await lab.seconds(2);
    await lead.save();
    expect(lab.rows.size).toBe(2);
  });
});
