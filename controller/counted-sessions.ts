// How many sessions each runtime has, for its status, where the platform keeps the runtimes itself.
// Does not own counting (session-counter.ts) nor the status (runtime-book.ts).
import type { Cancel } from '../model/clock.ts';
import type { RuntimeKey } from '../model/sandbox.ts';
import type { Registry } from './registry.ts';
import { SessionCounter, type SessionCounterDeps } from './session-counter.ts';

/** Tells the registry of every change from now on. Returns at once. */
export function countSessions(
  registry: Pick<Registry, 'deployments' | 'reportSessions'>,
  deps: Omit<SessionCounterDeps, 'onChange'>,
): Cancel {
  const { deployments } = registry;
  const tell = (key: RuntimeKey): void => {
    const counts = counter.counts(key);
    if (counts) registry.reportSessions(key, counts);
  };
  const tellAll = (): void => deployments.all().forEach(({ runtime }) => tell(runtime.key));
  const counter = new SessionCounter({ ...deps, onChange: (key) => (key ? tell(key) : tellAll()) });
  const stopHearing = deployments.onChange(tell);
  counter.start();
  return () => {
    stopHearing();
    counter.stop();
  };
}
