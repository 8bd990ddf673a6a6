// Several ways to freeze as one.
import { beforeEach, expect, test } from '@jest/globals';
import { anyFreezer } from './freezers.ts';
import type { ContainerState, Freezer } from './ports.ts';

class Way implements Freezer {
  readonly sees = new Map<string, ContainerState>();
  looks = 0;
  async look(_: string, container: string): Promise<ContainerState | undefined> {
    this.looks += 1;
    return this.sees.get(container);
  }
  async freeze(_: string, container: string): Promise<boolean> {
    this.sees.set(container, 'frozen');
    return true;
  }
  async thaw(_: string, container: string): Promise<void> {
    this.sees.set(container, 'running');
  }
}

let [kernel, machines] = [new Way(), new Way()];
let both = anyFreezer([kernel, machines]);
beforeEach(() => {
  [kernel, machines] = [new Way(), new Way()];
  both = anyFreezer([kernel, machines]);
});

test('each container is frozen and thawed by the way that sees it', async () => {
  kernel.sees.set('plain', 'running');
  machines.sees.set('machine', 'running');
  await Promise.all([both.freeze('p', 'plain', () => false), both.freeze('p', 'machine', () => false)]);
  expect([...kernel.sees, ...machines.sees]).toEqual([
    ['plain', 'frozen'],
    ['machine', 'frozen'],
  ]);
  await both.thaw('p', 'machine');
  expect([kernel.sees.get('plain'), machines.sees.get('machine')]).toEqual(['frozen', 'running']);
});

test('which way it is is found out once', async () => {
  machines.sees.set('machine', 'running');
  await both.look('p', 'machine');
  await both.look('p', 'machine');
  expect(kernel.looks).toBe(1);
});

test('what no way sees is gone, and there is nothing to do', async () => {
  expect(await both.look('p', 'gone')).toBeUndefined();
  expect(await both.freeze('p', 'gone', () => false)).toBe(true);
  await both.thaw('p', 'gone');
  expect([...kernel.sees, ...machines.sees]).toEqual([]);
});

test('one that was seen and is gone is gone', async () => {
  kernel.sees.set('plain', 'running');
  await both.look('p', 'plain');
  kernel.sees.clear();
  expect(await both.look('p', 'plain')).toBeUndefined();
});
