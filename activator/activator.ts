// The activator: what AgentCube's router was. Puts HTTP and the routing of sessions together; decides nothing itself.
// Touches no process and opens no port. S3 (one answer each) is exchange.ts; sessions and their leases are routing.ts.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { PlatformError } from '../model/errors.ts';
import type { Identity } from '../model/identity.ts';
import type { RuntimeKey } from '../model/sandbox.ts';
import type { SessionReads } from '../model/session-store.ts';
import { answerFailure, failUpgrade } from './answer.ts';
import { failureOf } from './core/failures.ts';
import { sessionIdOf } from './core/headers.ts';
import { createRouter } from './core/route.ts';
import type { EventIngress } from './events/ingress.ts';
import type { Guard } from './guard.ts';
import { HttpCaller, type ForwardDeps, type Signer } from './http-caller.ts';
import { answerOwn, refuseOwnUpgrade } from './own-routes.ts';
import { Routing, type RoutingConfig, type RoutingDeps, type RoutingStats } from './routing.ts';
import { createUpgradeProxy, UpgradeCaller } from './upgrade-caller.ts';

export interface ActivatorDeps extends RoutingDeps {
  readonly store: RoutingDeps['store'] & Pick<SessionReads, 'get'>;
  readonly signer: Signer;
  /** Asks callers who they are; without it everybody is let in. */
  readonly guard?: Pick<Guard, 'admit'> | undefined;
  /** Takes what is sent to brokers; without it there are none. */
  readonly events?: Pick<EventIngress, 'handle' | 'drain'>;
}

export type ActivatorConfig = RoutingConfig;

/** What deliveries of events are forwarded by, through the same gates and under the same leases as requests. */
export interface EventForwarding extends ForwardDeps {
  readonly routing: Pick<Routing, 'resolve' | 'isAwake'>;
}

export interface Activator {
  readonly forwarding: EventForwarding;
  handler(req: IncomingMessage, res: ServerResponse): void;
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  /**
   * Refuses new and waiting requests, waits at most `deadlineMs` for what is in hand, then gives the leases back in what is left
   * of that time, or a second. Connections are the server's to close. Never rejects.
   */
  drain(deadlineMs: number): Promise<void>;
  stats(): RoutingStats;
  /** Requests in hand and those that wait for a sandbox, by runtime. */
  inFlight(): Iterable<readonly [RuntimeKey, number]>;
}

const rememberedTargets = 10_000;
/** No session has this id: asking for it shows whether the store answers. */
const nobody = 'readiness';

const answers = (store: ActivatorDeps['store']): Promise<boolean> =>
  store.get(nobody).then(
    () => true,
    () => false,
  );

export function createActivator(deps: ActivatorDeps, config: ActivatorConfig): Activator {
  const routing = new Routing(deps, config);
  const forwarding = { signer: deps.signer, room: routing.room, log: deps.log, proxy: createUpgradeProxy() };
  const route = createRouter(rememberedTargets);
  /** A store that is being rebuilt rejects as one does that is away. */
  const ready = async (): Promise<boolean> => !routing.draining && (await answers(deps.store));

  function admit(
    req: IncomingMessage,
    enter: (identity: Identity | undefined) => void,
    refuse: (error: PlatformError) => void,
  ): void {
    if (deps.guard) deps.guard.admit(req.headers.authorization, enter, refuse);
    else enter(undefined);
  }

  function handler(req: IncomingMessage, res: ServerResponse): void {
    const routed = route(req.method ?? 'GET', req.url ?? '/');
    const { events } = deps;
    if (routed.kind === 'events' && events)
      return admit(
        req,
        () => events.handle(req, res, routed),
        (error) => answerFailure(res, failureOf(error, false)),
      );
    if (routed.kind !== 'invoke') return answerOwn(routed, req, res, ready);
    admit(
      req,
      (identity) =>
        routing.resolve(new HttpCaller(forwarding, req, res, routed, identity), sessionIdOf(req.rawHeaders)),
      (error) => answerFailure(res, failureOf(error, false)),
    );
  }

  function upgrade(req: IncomingMessage, duplex: Duplex, head: Buffer): void {
    const socket = duplex as Socket;
    const routed = route(req.method ?? 'GET', req.url ?? '/');
    if (routed.kind !== 'invoke') return refuseOwnUpgrade(routed, socket);
    admit(
      req,
      (identity) =>
        routing.resolve(
          new UpgradeCaller(forwarding, req, socket, head, routed, identity),
          sessionIdOf(req.rawHeaders),
        ),
      (error) => failUpgrade(socket, failureOf(error, false)),
    );
  }

  return {
    forwarding: { ...forwarding, routing },
    handler,
    upgrade,
    async drain(deadlineMs) {
      await Promise.all([routing.drain(deadlineMs), deps.events?.drain(deadlineMs)]);
    },
    stats: () => routing.stats(),
    inFlight: () => routing.inFlight(),
  };
}
