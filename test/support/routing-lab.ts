// Several activators without HTTP over one store, one feed and a whole controller, on one clock moved by hand.
// Each activator's connection to the store and to the feed can be cut by the test.
import type { Beside } from '../../activator/answer.ts';
import type { Failure } from '../../activator/core/failures.ts';
import type { Route } from '../../activator/lease-book.ts';
import type { Caller } from '../../activator/resolve.ts';
import { Routing, type RoutingConfig } from '../../activator/routing.ts';
import { PlatformError } from '../../model/errors.ts';
import { runtimeKeyText } from '../../model/sandbox.ts';
import type { SessionStore } from '../../model/session-store.ts';
import { controllerLab, helloKey, type ControllerLab } from './controller-lab.ts';
import { generousLimits } from './memory-activator.ts';

/** A request that goes where it is told and stays there until `end`. */
export class TestCaller implements Caller {
  readonly target = { key: helloKey, text: runtimeKeyText(helloKey) };
  readonly gone = false;
  readonly #room: Routing['room'];
  route: Route | undefined;
  refused: { readonly failure: Failure; readonly beside: Beside } | undefined;
  #sessionId = '';
  #again: (() => void) | undefined;
  #done: () => void = () => {};

  constructor(room: Routing['room']) {
    this.#room = room;
  }

  /** Of the session that it was forwarded to. */
  get sessionId(): string {
    return this.#sessionId;
  }

  forward(route: Route, _serverTiming: string | undefined, again?: () => void): void {
    this.route = route;
    this.#sessionId = route.sessionId;
    this.#again = again;
    this.#room.inHand += 1;
    this.#done = route.work();
  }

  refuse(failure: Failure, beside: Beside): void {
    this.refused = { failure, beside };
  }

  onGone(): () => void {
    return () => {};
  }

  get code(): string | undefined {
    return this.refused && (JSON.parse(this.refused.failure.body) as { code: string }).code;
  }

  /** The answer was given. */
  end(): void {
    if (!this.route) return;
    this.#done();
    this.#done = () => {};
    this.#room.inHand -= 1;
    this.route = undefined;
  }

  /** Nobody listens where it was forwarded to. */
  unreachable(): void {
    const again = this.#again;
    this.route?.doubt();
    this.end();
    again?.();
  }
}

type Away = 'rejects' | 'never answers';

export class TestActivator {
  readonly routing: Routing;
  /** How the store fails this activator. */
  storeIs: 'there' | Away = 'there';
  /** Whether pushes arrive. */
  hears = true;
  readonly wakes: string[] = [];
  /** Every command to the store, by name. */
  readonly commands: string[] = [];
  /** What was told of new sessions, as `opened cold` or `served after 5`. */
  readonly demand: string[] = [];

  constructor(lab: ControllerLab, holder: string, config: Partial<RoutingConfig>) {
    const { bus, clock } = lab;
    let next = 0;
    this.routing = new Routing(
      {
        store: this.#cuttable(lab.store),
        runtimes: lab.runtimes,
        demand: {
          opened: (_, how) => this.demand.push(`opened ${how}`),
          served: (_, waitedMs) => this.demand.push(`served after ${waitedMs}`),
        },
        wakes: {
          wake: (id) => {
            this.wakes.push(id);
            lab.controller.wakes.wake(id);
          },
        },
        feed: {
          subscribe: (listener) => bus.subscribe((session) => this.hears && listener(session)),
          onGap: (listener) => bus.onGap(() => this.hears && listener()),
        },
        recalls: { onRecall: (listener) => bus.onRecall((id) => this.hears && listener(id)) },
        ids: { uuid: () => `${holder}-${++next}`, suffix: () => `${holder}${++next}` },
        clock,
        log: () => undefined,
      },
      { ...generousLimits, ...config },
    );
  }

  /** A request for a session; for a new one where none is named. */
  ask(sessionId?: string): TestCaller {
    const caller = new TestCaller(this.routing.room);
    this.routing.resolve(caller, sessionId);
    return caller;
  }

  #cuttable(store: SessionStore): SessionStore {
    return new Proxy(store, {
      get: (target, name) => {
        const operation: unknown = Reflect.get(target, name);
        if (typeof operation !== 'function') return operation;
        return async (...args: readonly unknown[]): Promise<unknown> => {
          this.commands.push(String(name));
          if (this.storeIs === 'rejects') throw new PlatformError('STORE_UNAVAILABLE', 'redis is away');
          if (this.storeIs === 'never answers') return new Promise(() => {});
          return Reflect.apply(operation, target, args) as unknown;
        };
      },
    });
  }
}

export async function routingLab(count: number, config: Partial<RoutingConfig> = {}) {
  const lab = await controllerLab();
  const activators = Array.from(
    { length: count },
    (_, i) => new TestActivator(lab, `activator-${i}`, config),
  );
  return { ...lab, activators };
}
