// The activator: what AgentCube's router was. Puts the parts together; decides nothing itself. Touches no process and opens no port.
// S2 (leases while work is in hand) is lease-book.ts, S3 (one answer each) gates.ts and exchange.ts.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../model/clock.ts';
import type { Ids } from '../model/open-session.ts';
import type { LeaseRecallFeed, Runtimes, SessionFeed, Wakes } from '../model/platform.ts';
import type { Leases, SessionReads, SessionWrites, WarmPool } from '../model/session-store.ts';
import type { Limits } from './core/admission.ts';
import { failed } from './core/failures.ts';
import { sessionIdOf } from './core/headers.ts';
import { createRouter } from './core/route.ts';
import { Gates } from './gates.ts';
import { HttpCaller, type Signer } from './http-caller.ts';
import { LeaseBook, type Log } from './lease-book.ts';
import { answerOwn, refuseOwnUpgrade } from './own-routes.ts';
import { Resolver } from './resolve.ts';
import { createUpgradeProxy, UpgradeCaller } from './upgrade-caller.ts';
import { WaitingRoom } from './waiting-room.ts';

export interface ActivatorDeps {
  readonly store: Pick<SessionReads, 'get'> &
    Pick<SessionWrites, 'create'> &
    Pick<WarmPool, 'claim'> &
    Pick<Leases, 'acquire' | 'renew' | 'release'>;
  readonly runtimes: Runtimes;
  readonly wakes: Wakes;
  readonly feed: SessionFeed;
  readonly recalls: LeaseRecallFeed;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly signer: Signer;
  readonly log: Log;
}

export interface ActivatorConfig extends Limits {
  /** How long a request waits for its sandbox (ms). */
  readonly wakeTimeoutMs: number;
  /**
   * How long a lease lasts (ms): so long sessions that are in use stay reachable while the store is away. Renewed each second,
   * given back when a session rests; one that is held by an activator that died keeps its session from being paused for so long.
   */
  readonly leaseMs: number;
}

export interface ActivatorStats {
  /** Requests, streams and sockets that were forwarded and have not ended. */
  readonly inHand: number;
  readonly waiting: number;
  /** Sessions that requests wait for. */
  readonly gates: number;
  /** Sessions that are forwarded to under a lease. */
  readonly leases: number;
}

export interface Activator {
  handler(req: IncomingMessage, res: ServerResponse): void;
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  /**
   * Refuses new and waiting requests, waits at most `deadlineMs` for what is in hand, then gives the leases back.
   * Connections are the server's to close. Never rejects.
   */
  drain(deadlineMs: number): Promise<void>;
  stats(): ActivatorStats;
}

const rememberedTargets = 10_000;
const drainLookMs = 20;
/** No session has this id: asking for it shows whether the store answers. */
const nobody = 'readiness';

const answers = (store: ActivatorDeps['store']): Promise<boolean> =>
  store.get(nobody).then(
    () => true,
    () => false,
  );

export function createActivator(deps: ActivatorDeps, config: ActivatorConfig): Activator {
  const { store, clock, wakes, feed, log } = deps;
  const holder = deps.ids.uuid();
  const room = new WaitingRoom(config);
  const { wakeTimeoutMs, leaseMs } = config;
  const leases = new LeaseBook({ store, wakes, clock, log, holder, leaseMs });
  const gates = new Gates({ store, wakes, clock, log, holder, leases, wakeTimeoutMs, leaseMs });
  const opening = { store, runtimes: deps.runtimes, ids: deps.ids };
  const resolver = new Resolver({ opening, wakes, clock, log, leases, gates, room });
  const forwarding = { signer: deps.signer, room, log, proxy: createUpgradeProxy() };
  const route = createRouter(rememberedTargets);
  let draining = false;
  const ready = async (): Promise<boolean> => !draining && (await answers(store));
  const stopFeed = feed.subscribe((session) => {
    leases.changed(session);
    gates.changed(session);
  });
  const stopRecalls = deps.recalls.onRecall((sessionId) => leases.recall(sessionId));

  function handler(req: IncomingMessage, res: ServerResponse): void {
    const routed = route(req.method ?? 'GET', req.url ?? '/');
    if (routed.kind !== 'invoke') return answerOwn(routed, req, res, ready);
    resolver.resolve(new HttpCaller(forwarding, req, res, routed), sessionIdOf(req.rawHeaders));
  }

  function upgrade(req: IncomingMessage, duplex: Duplex, head: Buffer): void {
    const socket = duplex as Socket;
    const routed = route(req.method ?? 'GET', req.url ?? '/');
    if (routed.kind === 'invoke') {
      return resolver.resolve(
        new UpgradeCaller(forwarding, req, socket, head, routed),
        sessionIdOf(req.rawHeaders),
      );
    }
    refuseOwnUpgrade(routed, socket);
  }

  async function drain(deadlineMs: number): Promise<void> {
    draining = true;
    resolver.close();
    gates.close(failed('SHUTTING_DOWN'));
    const end = clock.now() + deadlineMs;
    while (room.inHand > 0 && clock.now() < end) {
      await new Promise<void>((resolve) => clock.after(drainLookMs, resolve));
    }
    stopFeed();
    stopRecalls();
    await leases.close();
  }

  const stats = () => ({
    inHand: room.inHand,
    waiting: room.waiting,
    gates: gates.size,
    leases: leases.size,
  });
  return { handler, upgrade, drain, stats };
}
