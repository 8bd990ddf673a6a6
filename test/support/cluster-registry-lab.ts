// A registry over a cluster's runtimes that the test writes, on a memory store, a bus and a hand-moved clock.
import { createSessionBus } from '../../adapters/memory/session-bus.ts';
import { memorySessionStore } from '../../adapters/memory/session-store.ts';
import { openClusterRegistry } from '../../controller/cluster-registry.ts';
import type { Images } from '../../controller/driver.ts';
import { runtimeKeyText, type RuntimeKey } from '../../model/sandbox.ts';
import type { Session, SessionState } from '../../model/session.ts';
import { manualClock, settle } from './manual-clock.ts';
import { ScriptedRuntimes } from './scripted-runtimes.ts';

/** On a cluster an image's name is all there is to know of it. */
const anyImage: Images = { resolve: async (image) => ({ digest: image }) };

export const policy = {
  pauseAfterMs: 30_000,
  suspendAfterMs: null,
  sessionTimeoutMs: 900_000,
  maxSessionDurationMs: 28_800_000,
};

export const sandbox = { id: 's1', name: 'hello-1', entryPoints: [] };

/** A session of a runtime, in a state. */
export const sessionOf = (
  runtime: RuntimeKey,
  state: SessionState,
  change: Partial<Session> = {},
): Session => ({
  ...{ id: 'session-1', runtime, revision: 'r1', labels: {}, policy, createdAt: 0, stateAt: 0 },
  ...{ generation: 1, version: 1, state },
  ...change,
});

/** Without `pools` nobody tells of pools but the test. */
export async function clusterRegistryLab(source = new ScriptedRuntimes(), { pools = true } = {}) {
  const clock = manualClock(Date.UTC(2026, 0, 1));
  const store = memorySessionStore();
  const bus = createSessionBus((fault) => {
    throw fault as Error;
  });
  const logged: string[] = [];
  const log = (message: string): void => void logged.push(message);
  const registry = await openClusterRegistry({
    ...{ source, sessions: store, feed: bus, clock, log },
    images: anyImage,
  });
  // As pools do: each runtime that is told of is looked at, and reported.
  const report = (key: RuntimeKey): void => {
    const wanted = registry.deployments.find(key)?.runtime.warmPoolSize;
    if (wanted !== undefined) registry.deployments.reportPool(key, { wanted, ready: 0, starting: 0 });
  };
  if (pools) {
    registry.deployments.onChange(report);
    for (const { runtime } of registry.deployments.all()) report(runtime.key);
  }
  const heard: string[] = [];
  registry.deployments.onChange((key) => heard.push(runtimeKeyText(key)));
  /** Lets what was written become known, and told. */
  const pass = async (ms = 100): Promise<void> => {
    await settle();
    await clock.advance(ms);
  };
  await settle();
  return { source, clock, store, bus, registry, heard, logged, pass };
}
