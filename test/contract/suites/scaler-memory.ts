// What every memory of scalers promises: what was saved comes back as the text that it was, until it is taken away.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ScalerMemory } from '../../../autoscaler/scaler-memory.ts';

export interface OpenMemory {
  readonly memory: ScalerMemory;
  readonly close: () => Promise<void>;
}

/** Registers the tests for one adapter; `open` gives an empty one. */
export function scalerMemoryContract(open: () => Promise<OpenMemory>): void {
  let opened: OpenMemory;
  let memory: ScalerMemory;
  beforeEach(async () => {
    opened = await open();
    ({ memory } = opened);
  });
  afterEach(() => opened.close());

  test('nothing is known at first', async () => {
    expect(await memory.load()).toEqual(new Map());
  });

  test('what was saved comes back as it was', async () => {
    const rows = new Map([
      ['AgentRuntime/default/a', '{"a":[1,\n2],"ö":"\\u0000"}'],
      ['AgentRuntime/default/ö"\\', 'x'.repeat(100_000)],
      ['CodeInterpreter/default/a', '{}'],
    ]);
    await memory.save(rows, []);
    expect(await memory.load()).toEqual(rows);
  });

  test('a save sets some, takes others away, and leaves the rest', async () => {
    await memory.save(new Map(['kept', 'set', 'gone'].map((key) => [key, 'old'])), []);
    await memory.save(new Map([...['set', 'fresh'].map((key): [string, string] => [key, 'new'])]), [
      'gone',
      'never',
    ]);
    const expected = { kept: 'old', set: 'new', fresh: 'new' };
    expect(await memory.load()).toEqual(new Map(Object.entries(expected)));
  });

  test('nothing to save changes nothing', async () => {
    await memory.save(new Map([['a', '1']]), []);
    await memory.save(new Map(), []);
    expect(await memory.load()).toEqual(new Map([['a', '1']]));
  });

  test('ten thousand rows come back, and most of them go again', async () => {
    const keys = Array.from({ length: 10_000 }, (_, n) => `AgentRuntime/default/runtime-${n}`);
    await memory.save(new Map(keys.map((key, n) => [key, `{"n":${n}}`])), []);
    expect((await memory.load()).size).toBe(keys.length);
    await memory.save(new Map(), keys.slice(1));
    expect(await memory.load()).toEqual(new Map([[keys[0], '{"n":0}']]));
  });

  test('what was loaded does not change with what is saved later', async () => {
    await memory.save(new Map([['a', '1']]), []);
    const loaded = await memory.load();
    await memory.save(new Map([['a', '2']]), []);
    expect(loaded).toEqual(new Map([['a', '1']]));
  });
}
