// What every way of publishing pool sizes promises: whoever fills pools finds what was written last, and hears of each change.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { PoolTarget, PoolTargets, PoolTargetWrites } from '../../../model/platform.ts';
import { runtimeKeyText, type RuntimeKey } from '../../../model/sandbox.ts';
import { until } from '../../support/until.ts';
import { keyOf } from './scaling-reports.ts';

export interface OpenTargets {
  readonly writes: PoolTargetWrites;
  /** Of another program where there are several; what was written before is there. */
  readonly read: () => Promise<PoolTargets>;
  readonly close: () => Promise<void>;
}

const target = (name: string, size: number, rest: Partial<PoolTarget> = {}): PoolTarget => ({
  runtime: keyOf(name),
  size,
  ...rest,
});

/** Numbers that look random and are always the same. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** Registers the tests for one adapter; `open` gives one without targets. */
export function poolTargetsContract(open: () => Promise<OpenTargets>): void {
  let opened: OpenTargets;
  let writes: PoolTargetWrites;
  beforeEach(async () => {
    opened = await open();
    ({ writes } = opened);
  });
  afterEach(() => opened.close());

  const readTelling = async (): Promise<{ targets: PoolTargets; told: string[] }> => {
    const targets = await opened.read();
    const told: string[] = [];
    targets.onChange(({ name }) => told.push(name));
    return { targets, told };
  };
  const sizesIn = (targets: PoolTargets, names: readonly string[]) =>
    names.map((name) => targets.find(keyOf(name))?.size);

  test('a target is found as it was written, with its reasons', async () => {
    const why = { rule: 'steady', numbers: { 'rate "a"': 1.5, wait: 0, 'ö\n': -1e-9 } };
    const written = [target('a', 3, { wanted: 7, why }), target('b', 0)];
    await writes.replace(written);
    const targets = await opened.read();
    expect(written.map(({ runtime }) => targets.find(runtime))).toEqual(written);
    expect(targets.find(keyOf('c'))).toBeUndefined();
  });

  test('replacing takes away what is not named, and tells only what is other than before', async () => {
    await writes.replace([target('same', 1), target('other', 1), target('gone', 1)]);
    const { targets, told } = await readTelling();
    await writes.replace([target('same', 1), target('other', 2), target('fresh', 3)]);
    await until(() => told.length >= 3);
    expect(told.sort()).toEqual(['fresh', 'gone', 'other']);
    expect(sizesIn(targets, ['same', 'other', 'gone', 'fresh'])).toEqual([1, 2, undefined, 3]);
  });

  test('updating sets some, takes others away, and leaves the rest', async () => {
    await writes.replace([target('kept', 1), target('set', 1), target('gone', 1)]);
    const { targets, told } = await readTelling();
    await writes.update([target('set', 2), target('fresh', 3)], [keyOf('gone'), keyOf('never')]);
    await until(() => told.length >= 3);
    expect(told.sort()).toEqual(['fresh', 'gone', 'set']);
    expect(sizesIn(targets, ['kept', 'set', 'gone', 'fresh'])).toEqual([1, 2, undefined, 3]);
  });

  test('an update needs nothing before it', async () => {
    const { targets, told } = await readTelling();
    await writes.update([target('a', 1)], []);
    await until(() => told.length > 0);
    expect(sizesIn(targets, ['a'])).toEqual([1]);
  });

  test('other reasons alone are told', async () => {
    const because = (rate: number) => ({ why: { rule: 'steady', numbers: { rate } } });
    await writes.replace([target('a', 1, because(1))]);
    const { targets, told } = await readTelling();
    await writes.update([target('a', 1, because(2))], []);
    await until(() => told.length > 0);
    expect(targets.find(keyOf('a'))).toEqual(target('a', 1, because(2)));
  });

  test('ten thousand targets arrive, and an update of most of them', async () => {
    const many = (size: number, from: number) =>
      Array.from({ length: 10_000 - from }, (_, n) => target(`runtime-${n + from}`, size));
    await writes.replace(many(1, 0));
    const { targets, told } = await readTelling();
    const gone = Array.from({ length: 2_000 }, (_, n) => keyOf(`runtime-${n}`));
    await writes.update(many(2, 2_000), gone);
    await until(() => told.length >= 10_000);
    expect(sizesIn(targets, ['runtime-0', 'runtime-1999', 'runtime-2000', 'runtime-9999'])).toEqual([
      ...[undefined, undefined],
      ...[2, 2],
    ]);
  });

  test('whatever is written in whatever order, what was written last is found in the end', async () => {
    const roll = dice(7);
    const names = Array.from({ length: 8 }, (_, n) => `r${n}`);
    const model = new Map<string, PoolTarget>();
    const { targets } = await readTelling();
    const some = () => names.filter(() => roll(3) === 0);
    const set = (changed: readonly PoolTarget[]) =>
      changed.forEach((each) => model.set(runtimeKeyText(each.runtime), each));
    for (let step = 0; step < 200; step += 1) {
      const changed = some().map((name) => target(name, roll(5)));
      if (roll(10) === 0) {
        model.clear();
        set(changed);
        await writes.replace(changed);
      } else {
        const gone: RuntimeKey[] = some()
          .filter((name) => !changed.some(({ runtime }) => runtime.name === name))
          .map((name) => keyOf(name));
        for (const key of gone) model.delete(runtimeKeyText(key));
        set(changed);
        await writes.update(changed, gone);
      }
    }
    await writes.update([target('end', 1)], []);
    await until(() => targets.find(keyOf('end')) !== undefined);
    const expected = names.map((name) => model.get(runtimeKeyText(keyOf(name))));
    expect(names.map((name) => targets.find(keyOf(name)))).toEqual(expected);
    expect(expected.filter(Boolean)).not.toEqual([]);
  });

  test('who stopped listening hears nothing more', async () => {
    const targets = await opened.read();
    const heard: string[] = [];
    const stop = targets.onChange(() => heard.push('stopped'));
    targets.onChange(() => heard.push('listening'));
    stop();
    await writes.update([target('a', 1)], []);
    await until(() => heard.length > 0);
    expect(heard).toEqual(['listening']);
  });
}
