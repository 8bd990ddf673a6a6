// What every way to freeze a container promises the node agent (nodeagent/ports.ts), over a container that runs.
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Freezer } from '../../../nodeagent/ports.ts';

export interface FrozenSubject {
  readonly freezer: Freezer;
  readonly pod: string;
  readonly container: string;
  /** Grows while the container runs; told without the container's help. */
  used(): Promise<number>;
}

const never = (): boolean => false;
const aWhile = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));

export function freezerSuite(name: string, open: () => Promise<FrozenSubject>): void {
  describe(name, () => {
    let subject: FrozenSubject;
    beforeAll(async () => void (subject = await open()));
    afterEach(() => subject.freezer.thaw(subject.pod, subject.container));

    const look = () => subject.freezer.look(subject.pod, subject.container);
    const freeze = (giveUp = never) => subject.freezer.freeze(subject.pod, subject.container, giveUp);
    const thaw = () => subject.freezer.thaw(subject.pod, subject.container);
    const usedMeanwhile = async (): Promise<number> => {
      const before = await subject.used();
      await aWhile();
      return (await subject.used()) - before;
    };

    test('a container that runs is seen to run', async () => {
      expect(await look()).toBe('running');
      expect(await usedMeanwhile()).toBeGreaterThan(0);
    });

    test('one that was frozen does nothing, and goes on when it is thawed', async () => {
      expect(await freeze()).toBe(true);
      expect(await look()).toBe('frozen');
      expect(await usedMeanwhile()).toBe(0);
      await thaw();
      expect(await look()).toBe('running');
      expect(await usedMeanwhile()).toBeGreaterThan(0);
    });

    test('done twice is done once', async () => {
      expect([await freeze(), await freeze()]).toEqual([true, true]);
      expect(await look()).toBe('frozen');
      await thaw();
      await thaw();
      expect(await look()).toBe('running');
    });

    test('a freeze that is given up leaves it running', async () => {
      expect(await freeze(() => true)).toBe(false);
      expect(await look()).toBe('running');
    });

    test('of a container that is not there nothing is seen, and nothing is to do', async () => {
      const none = 'f'.repeat(64);
      expect(await subject.freezer.look(subject.pod, none)).toBeUndefined();
      expect(await subject.freezer.freeze(subject.pod, none, never)).toBe(true);
      await subject.freezer.thaw(subject.pod, none);
    });
  });
}
