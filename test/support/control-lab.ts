// The control port over a real HTTP server: registry and controller as they are, on memory stores, a scripted driver,
// an image table and a hand-moved clock.
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { memoryResourceStore } from '../../adapters/memory/resources.ts';
import { createSessionBus, tellingOfOpenings } from '../../adapters/memory/session-bus.ts';
import { memorySessionStore } from '../../adapters/memory/session-store.ts';
import { systemIds } from '../../adapters/system/ids.ts';
import { Access, type CallerReviews } from '../../controller/api/authentication.ts';
import { createControlApi } from '../../controller/api/control-api.ts';
import { createGuardedApi } from '../../controller/api/guarded-api.ts';
import { Controller } from '../../controller/controller.ts';
import { createRegistry, type Registry } from '../../controller/registry.ts';
import { TriggerRegistry } from '../../controller/trigger-registry.ts';
import type { DemandCounter } from '../../model/demand-tally.ts';
import type { SessionStore } from '../../model/session-store.ts';
import { call, type Answer, type Asked } from './client.ts';
import { manualClock, type ManualClock } from './manual-clock.ts';
import { imageTable } from './runtimes.ts';
import { ScriptedDriver } from './scripted-driver.ts';

export interface ControlLab {
  readonly url: string;
  readonly clock: ManualClock;
  readonly driver: ScriptedDriver;
  readonly registry: Registry;
  readonly store: SessionStore;
  /** What was logged, as text. */
  readonly logged: string[];
  /** What was told of new sessions, as `hello opened cold` or `hello served after 5`. */
  readonly demand: string[];
  ask(method: string, path: string, asked?: Asked): Promise<Answer>;
  close(): Promise<void>;
}

/** `change` replaces methods of the session store, to see what becomes of their failure; `reviews` make callers say who they are. */
export async function controlLab(
  change: Partial<SessionStore> = {},
  reviews?: CallerReviews,
): Promise<ControlLab> {
  const clock = manualClock(Date.UTC(2026, 0, 1));
  const driver = new ScriptedDriver();
  const logged: string[] = [];
  const log = (message: string, fields: Readonly<Record<string, unknown>>): void =>
    void logged.push(`${message} ${inspect(fields)}`);
  const bus = createSessionBus((fault) => log('a listener failed', { fault }));
  const store = { ...tellingOfOpenings(memorySessionStore(), bus), ...change };
  const images = imageTable({ 'hello:1': 'd1', 'picod:1': 'p1' });
  const resources = memoryResourceStore();
  const registry = createRegistry({ store: resources, images, clock, ids: systemIds });
  const { deployments, runtimes } = registry;
  const triggers = new TriggerRegistry({ store: resources, deployments, clock, ids: systemIds });
  const publish = bus.publish.bind(bus);
  const ports = { store, driver, feed: bus, recalls: bus, publish };
  const shared = { ...ports, deployments, runtimes, ids: systemIds, clock, log };
  const controller = new Controller({ ...shared, commandPatienceMs: 5_000 });
  await controller.start();
  const { wakes, commands } = controller;
  const access = reviews && new Access({ reviews, clock, log });
  const ownerTokens = {
    ownerOf: async (token: string) => (token === 'forged' ? undefined : `${token}@example`),
  };
  const pools = (): ReturnType<Controller['pools']> => controller.pools();
  const told: string[] = [];
  const demand: DemandCounter = {
    opened: ({ name }, how) => told.push(`${name} opened ${how}`),
    served: ({ name }, waitedMs) => told.push(`${name} served after ${waitedMs}`),
  };
  const wired = { ...shared, registry, triggers, wakes, commands, pools, demand, ownerTokens };
  const api = createControlApi({ ...wired, ...(access && { access }) });
  const server = http.createServer(access ? createGuardedApi(api, access, log) : api);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    clock,
    driver,
    registry,
    store,
    logged,
    demand: told,
    ask: (method, path, asked) => call(method, url + path, asked),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Lets the event loop turn until something is so; a test that never gets there runs into its own time limit. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
}
