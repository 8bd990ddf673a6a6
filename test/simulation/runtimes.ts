// What is deployed in a simulation: warm and cold, short pauses, one that suspends, some whose sessions end for being idle, and two
// whose pools are sized from what comes.
import type { StoredResource } from '../../controller/resource-store.ts';
import type { RuntimeKey } from '../../model/sandbox.ts';
import { agent } from '../support/runtimes.ts';

/** No target may ever be larger. */
export const most: ReadonlyMap<string, number> = new Map([
  ...([
    ['warm', 2],
    ['cold', 0],
    ['brief', 1],
  ] as const),
  ...([
    ['sized', 3],
    ['paced', 2],
  ] as const),
]);

/** The budget: less than all of them. */
export const mostInAll = 6;

const deployed = [
  agent('warm', { warmPoolSize: 2, pauseAfter: '1s', suspendAfter: '4s', sessionTimeout: '1h' }),
  agent('cold', { warmPoolSize: 0, pauseAfter: '2s', suspendAfter: 'never', sessionTimeout: '1h' }),
  agent('brief', { warmPoolSize: 1, pauseAfter: '1s', suspendAfter: '2s', sessionTimeout: '6s' }),
  agent('sized', {
    scaling: { class: 'target', warmStarts: '90%', min: 1, max: 3, toZeroAfter: '5s' },
    ...{ pauseAfter: '1s', suspendAfter: '2s', sessionTimeout: '6s' },
  }),
  paced(),
];

/** Knative's algorithm, by Knative's annotations; it ends at zero. */
function paced(): ReturnType<typeof agent> {
  const runtime = agent('paced', { pauseAfter: '1s', suspendAfter: '2s', sessionTimeout: '6s' });
  const annotations = {
    'autoscaling.knative.dev/metric': 'rps',
    'autoscaling.knative.dev/target': '1',
    'autoscaling.knative.dev/window': '6s',
    'autoscaling.knative.dev/max-scale': String(most.get('paced')),
  };
  return { ...runtime, metadata: { ...runtime.metadata, annotations } };
}

/** As the store and the copy beside it hold them. */
export const runtimes: readonly StoredResource[] = deployed.map((runtime, index) => ({
  kind: runtime.kind,
  namespace: 'default',
  name: runtime.metadata.name,
  json: JSON.stringify(runtime),
  resourceVersion: index + 1,
}));

/** How many warm sandboxes each wants when nobody has asked for anything for long. */
export const poolSizes: ReadonlyMap<string, number> = new Map([
  ...([
    ['warm', 2],
    ['cold', 0],
    ['brief', 1],
  ] as const),
  ...([
    ['sized', 1],
    ['paced', 0],
  ] as const),
]);

const used: Readonly<Record<string, string>> = {
  ann: 'warm',
  bob: 'warm',
  cid: 'cold',
  dan: 'brief',
  eve: 'sized',
  fay: 'paced',
};

/** The runtime that a client uses. */
export const runtimeOf = (client: string): RuntimeKey => ({
  kind: 'AgentRuntime',
  namespace: 'default',
  name: used[client] ?? 'warm',
});
