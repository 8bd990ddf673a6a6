import { beforeEach, describe, expect, test } from '@jest/globals';
import type { SandboxExit } from '../../controller/driver.ts';
import type { NodeEvent } from '../../nodeagent/core/protocol.ts';
import { manualClock, type ManualClock } from '../../test/support/manual-clock.ts';
import { Lives } from './lives.ts';
import { NodeEnds } from './node-ends.ts';
import type { Pod } from './pod-state.ts';
import type { Entry } from './sandbox-book.ts';
import type { SandboxObject } from './sandbox-object.ts';

const podOn = (hostIP: string, uid: string, restartCount = 0): Pod => ({
  metadata: { name: uid, namespace: 'n', uid },
  spec: { containers: [{ name: 'agent', image: 'i' }] },
  status: {
    hostIP,
    containerStatuses: [
      {
        ...{
          name: 'agent',
          containerID: `containerd://run-${restartCount}`,
          restartCount,
          state: { running: {} },
        },
        ...(restartCount > 0 && { lastState: { terminated: { exitCode: 7 } } }),
      },
    ],
  },
});

class Sandboxes {
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<(id: string) => void>();
  ids = () => [...this.#entries.keys()];
  get = (id: string): Entry => this.#entries.get(id) ?? { object: undefined, pod: undefined };
  onChange = (listener: (id: string) => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };
  put(id: string, pod: Pod | undefined): void {
    this.#entries.set(id, { object: {} as SandboxObject, pod });
    for (const listener of this.#listeners) listener(id);
  }
}

let sandboxes: Sandboxes;
let clock: ManualClock;
let ends: NodeEnds;
let exits: SandboxExit[];
let lives: Lives;
const nodes = new Map<string, (event: NodeEvent) => void>();

beforeEach(() => {
  [sandboxes, clock, exits] = [new Sandboxes(), manualClock(0), []];
  nodes.clear();
  lives = new Lives(sandboxes);
  lives.onExit((exit) => void exits.push(exit));
  sandboxes.put('s', podOn('10.0.0.1', 'u'));
  lives.verified('s', podOn('10.0.0.1', 'u'), 3);
  const events = (url: string, listener: (event: NodeEvent) => void) => {
    nodes.set(url, listener);
    return () => void nodes.delete(url);
  };
  ends = new NodeEnds({ book: sandboxes, lives, agents: { events }, clock, agentPort: 8090 });
});

const told = (event: Partial<NodeEvent>, url = 'http://10.0.0.1:8090'): void =>
  nodes.get(url)?.({
    pod: 'u',
    container: 'agent',
    kind: 'exit',
    why: 'its last process ended',
    ...event,
  });

describe('an end that a node tells of', () => {
  test('counts when Kubernetes says nothing of it in time', async () => {
    told({});
    expect(exits).toEqual([]);
    await clock.advance(2_000);
    expect(exits).toEqual([{ id: 's', generation: 3, why: 'its last process ended' }]);
  });

  test('is told by Kubernetes, with its cause, when that comes first', async () => {
    told({});
    sandboxes.put('s', podOn('10.0.0.1', 'u', 1));
    await clock.advance(2_000);
    expect(exits).toEqual([{ id: 's', generation: 3, why: 'exit code 7' }]);
  });

  test('is none of a run that began since', async () => {
    sandboxes.put('s', podOn('10.0.0.1', 'u', 1));
    lives.verified('s', podOn('10.0.0.1', 'u', 1), 4);
    told({ id: 'run-0' });
    await clock.advance(2_000);
    expect(exits.map(({ generation }) => generation)).toEqual([3]);
    told({ id: 'run-1' });
    await clock.advance(2_000);
    expect(exits.map(({ generation }) => generation)).toEqual([3, 4]);
  });

  const starved = { kind: 'out-of-memory', why: 'out of memory (limit 64Mi)' } as const;

  test('is due to the memory that was wanting just before, or as is told a moment later', async () => {
    told(starved);
    told({});
    await clock.advance(2_000);
    lives.verified('s', podOn('10.0.0.1', 'u'), 4);
    told({ id: 'run-0' });
    told({ id: 'run-0', ...starved });
    await clock.advance(2_000);
    expect(exits.map(({ why }) => why)).toEqual([starved.why, starved.why]);
  });

  test('is not due to the memory that an earlier run lacked', async () => {
    told({ id: 'run-0', ...starved });
    sandboxes.put('s', podOn('10.0.0.1', 'u', 1));
    lives.verified('s', podOn('10.0.0.1', 'u', 1), 4);
    told({ id: 'run-1' });
    await clock.advance(2_000);
    expect(exits.map(({ why }) => why)).toEqual(['exit code 7', 'its last process ended']);
  });

  test('is none of a container beside the agent, of a pod that is not ours, or of a process that others survived', async () => {
    told({ container: 'sidecar' });
    told({ pod: 'v' });
    told({ kind: 'out-of-memory', why: 'out of memory' });
    await clock.advance(5_000);
    expect(exits).toEqual([]);
  });

  test('is not that of the run which was verified meanwhile', async () => {
    told({});
    sandboxes.put('s', podOn('10.0.0.1', 'u', 1));
    lives.verified('s', podOn('10.0.0.1', 'u', 1), 4);
    await clock.advance(2_000);
    expect(exits.map(({ generation }) => generation)).toEqual([3]);
  });

  test('is no business of a term that is over', async () => {
    told({});
    ends.close();
    await clock.advance(2_000);
    expect(exits).toEqual([]);
  });
});

describe('nodes that are listened to', () => {
  test('are those that have a sandbox of ours, each once', () => {
    sandboxes.put('t', podOn('10.0.0.1', 'v'));
    sandboxes.put('w', podOn('10.0.0.2', 'x'));
    expect([...nodes.keys()]).toEqual(['http://10.0.0.1:8090', 'http://10.0.0.2:8090']);
    expect(ends.nodes).toBe(2);
  });

  test('are left with their last sandbox', () => {
    sandboxes.put('t', podOn('10.0.0.1', 'v'));
    sandboxes.put('s', undefined);
    expect([...nodes.keys()]).toEqual(['http://10.0.0.1:8090']);
    sandboxes.put('t', podOn('10.0.0.2', 'y'));
    expect([...nodes.keys()]).toEqual(['http://10.0.0.2:8090']);
    ends.close();
    expect([...nodes.keys()]).toEqual([]);
  });
});
