import { beforeEach, describe, expect, test } from '@jest/globals';
import type { SandboxExit } from '../../controller/driver.ts';
import { Lives } from './lives.ts';
import type { Pod } from './pod-state.ts';
import type { Entry } from './sandbox-book.ts';
import type { SandboxObject } from './sandbox-object.ts';

const object = {} as SandboxObject;
const podOf = (uid: string, restartCount = 0, exitCode?: number): Pod => ({
  metadata: { name: 'p', namespace: 'n', uid },
  spec: { containers: [{ name: 'agent', image: 'i' }] },
  status: {
    containerStatuses: [
      {
        ...{ name: 'agent', restartCount, state: { running: {} } },
        ...(exitCode !== undefined && { lastState: { terminated: { exitCode } } }),
      },
    ],
  },
});

/** The book as a test has it: one sandbox. */
class Scripted {
  entry: Entry = { object, pod: undefined };
  #tell: (id: string) => void = () => undefined;
  onChange(listener: (id: string) => void) {
    this.#tell = listener;
    return () => undefined;
  }
  get(): Entry {
    return this.entry;
  }
  becomes(entry: Partial<Entry>): void {
    this.entry = { ...this.entry, ...entry };
    this.#tell('s');
  }
}

let book: Scripted;
let lives: Lives;
let told: SandboxExit[];
beforeEach(() => {
  book = new Scripted();
  lives = new Lives(book);
  told = [];
  lives.onExit((exit) => void told.push(exit));
  book.becomes({ pod: podOf('u') });
  lives.verified('s', podOf('u'), 3);
});

describe('an end', () => {
  test('is told once, with the generation of the run that ended', () => {
    book.becomes({ pod: podOf('u', 1, 7) });
    book.becomes({ pod: podOf('u', 2, 8) });
    expect(told).toEqual([{ id: 's', generation: 3, why: 'exit code 7' }]);
    expect([lives.run('s'), lives.over('s')]).toEqual([undefined, 'u/0']);
  });

  test('of the Sandbox itself says that nothing is left', () => {
    book.becomes({ object: undefined });
    expect(told).toEqual([{ id: 's', generation: 3, why: 'its Sandbox was deleted', gone: true }]);
  });

  test('that came before anybody could listen for it is told too', () => {
    book.becomes({ pod: podOf('v') });
    lives.verified('s', podOf('u'), 4);
    expect(told.map(({ generation }) => generation)).toEqual([3, 4]);
  });

  test('that was asked for is not told', () => {
    lives.ended('s', 'u/0');
    book.becomes({ pod: undefined });
    expect(told).toEqual([]);
  });

  test('is none while its container only fails a probe', () => {
    book.becomes({ pod: podOf('u') });
    expect(told).toEqual([]);
    expect(lives.run('s')).toBe('u/0');
  });
});

test('a run that is verified anew is alive, and the one before is forgotten', () => {
  book.becomes({ pod: podOf('v') });
  lives.verified('s', podOf('v'), 4);
  expect([lives.run('s'), lives.over('s')]).toEqual(['v/0', undefined]);
});
