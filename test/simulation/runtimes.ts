// What is deployed in a simulation: warm and cold, short pauses, one that suspends and one whose sessions end for being idle.
import type { StoredResource } from '../../controller/resource-store.ts';
import type { RuntimeKey } from '../../model/sandbox.ts';
import { agent } from '../support/runtimes.ts';

const deployed = [
  agent('warm', { warmPoolSize: 2, pauseAfter: '1s', suspendAfter: '4s', sessionTimeout: '1h' }),
  agent('cold', { warmPoolSize: 0, pauseAfter: '2s', suspendAfter: 'never', sessionTimeout: '1h' }),
  agent('brief', { warmPoolSize: 1, pauseAfter: '1s', suspendAfter: '2s', sessionTimeout: '6s' }),
];

/** As the store and the copy beside it hold them. */
export const runtimes: readonly StoredResource[] = deployed.map((runtime, index) => ({
  kind: runtime.kind,
  namespace: 'default',
  name: runtime.metadata.name,
  json: JSON.stringify(runtime),
  resourceVersion: index + 1,
}));

/** How many warm sandboxes each wants. */
export const poolSizes = new Map(
  deployed.map(({ metadata, spec }) => [metadata.name, spec.warmPoolSize ?? 0]),
);

const used: Readonly<Record<string, string>> = { ann: 'warm', bob: 'warm', cid: 'cold', dan: 'brief' };

/** The runtime that a client uses. */
export const runtimeOf = (client: string): RuntimeKey => ({
  kind: 'AgentRuntime',
  namespace: 'default',
  name: used[client] ?? 'warm',
});
