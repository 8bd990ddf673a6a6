// The messages that one program gets and sends: they pass through the store, late, lost, doubled or out of order as the weather says.
// Whoever lost some is told of a gap when its connection is whole again, unless the weather says otherwise.
import type { Cancel } from '../../model/clock.ts';
import type { DemandFeed, DemandReport, SupplyFeed, SupplyReport } from '../../model/demand.ts';
import type { LeaseRecallFeed, LeaseRecalls, SessionFeed, WakeFeed, Wakes } from '../../model/platform.ts';
import type { Session } from '../../model/session.ts';
import type { Random } from './random.ts';
import type { SimProcess } from './sim-process.ts';
import type { Wire } from './wire.ts';
import type { World } from './world.ts';

export interface Messages {
  readonly sessions: Session;
  readonly wakes: string;
  readonly recalls: string;
  readonly runtimes: null;
  readonly targets: null;
  readonly demand: DemandReport;
  readonly supply: SupplyReport;
  readonly gaps: null;
}

export type Channel = keyof Messages;

/** The store's side: everybody who listens hears what is published. */
export interface Exchange {
  publish<C extends Channel>(channel: C, message: Messages[C]): void;
  subscribe(bus: SimBus): void;
}

export interface BusDeps {
  readonly world: World;
  readonly process: SimProcess;
  readonly wire: Wire;
  readonly exchange: Exchange;
  /** Names its stream of luck. */
  readonly name: string;
}

const doubledShare = 0.2;
const lostShare = 0.3;

export class SimBus
  implements SessionFeed, Wakes, WakeFeed, LeaseRecalls, LeaseRecallFeed, DemandFeed, SupplyFeed
{
  readonly #deps: BusDeps;
  readonly #luck: Random;
  readonly #listeners = new Map<Channel | 'gap', Set<(message: never) => void>>();
  #lastDelivery = 0;

  constructor(deps: BusDeps) {
    this.#deps = deps;
    this.#luck = deps.world.luck(`bus ${deps.name}`);
    deps.exchange.subscribe(this);
  }

  get alive(): boolean {
    return this.#deps.process.alive;
  }

  get program(): string {
    return this.#deps.process.name;
  }

  subscribe(listener: (session: Session) => void): Cancel {
    return this.on('sessions', listener);
  }

  onWake(listener: (sessionId: string) => void): Cancel {
    return this.on('wakes', listener);
  }

  onRecall(listener: (sessionId: string) => void): Cancel {
    return this.on('recalls', listener);
  }

  onGap(listener: () => void): Cancel {
    return this.#listen('gap', listener);
  }

  onDemand(listener: (report: DemandReport) => void): Cancel {
    return this.on('demand', listener);
  }

  onSupply(listener: (report: SupplyReport) => void): Cancel {
    return this.on('supply', listener);
  }

  /** For whoever reports: rejects when it may not have been heard. */
  tell<C extends 'demand' | 'supply'>(channel: C, report: Messages[C]): Promise<void> {
    const { wire, exchange } = this.#deps;
    return wire.call(`publish ${channel}`, async () => exchange.publish(channel, report));
  }

  on<C extends Channel>(channel: C, listener: (message: Messages[C]) => void): Cancel {
    return this.#listen(channel, listener);
  }

  wake(sessionId: string): void {
    this.#send('wakes', sessionId);
  }

  recall(sessionId: string): void {
    this.#send('recalls', sessionId);
  }

  announceGap(): void {
    this.#send('gaps', null);
  }

  /** A message of the store for this program. */
  receive<C extends Channel>(channel: C, message: Messages[C]): void {
    const { world, process } = this.#deps;
    const is = (weather: 'cut' | 'deaf' | 'hush' | 'lossy' | 'slow'): boolean =>
      world.is(weather, process.name);
    if (is('cut') || is('deaf') || is('hush')) return;
    const lossy = is('lossy');
    if (lossy && this.#luck.chance(lostShare)) return;
    const deliver = (): void => this.#tell(channel === 'gaps' ? 'gap' : channel, message);
    const delay = this.#luck.between(0.1, 1);
    if (lossy) {
      process.later(this.#luck.between(0, 700), deliver);
      if (this.#luck.chance(doubledShare)) process.later(this.#luck.between(0, 1_500), deliver);
      return;
    }
    const at = world.now + (is('slow') ? this.#luck.between(1, 900) : delay);
    this.#lastDelivery = Math.max(this.#lastDelivery, at);
    process.later(this.#lastDelivery - world.now, deliver);
  }

  /** The connection is whole again, and what came meanwhile was missed. */
  missed(): void {
    this.#deps.process.later(this.#luck.between(1, 500), () => this.#tell('gap', null));
  }

  #send<C extends Channel>(channel: C, message: Messages[C]): void {
    const { wire, exchange, world } = this.#deps;
    wire
      .call(`publish ${channel}`, async () => exchange.publish(channel, message))
      .catch(() => world.note(() => `${this.program}: a message to ${channel} may be lost`));
  }

  #listen(channel: Channel | 'gap', listener: (message: never) => void): Cancel {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  #tell(channel: Channel | 'gap', message: unknown): void {
    for (const listener of [...(this.#listeners.get(channel) ?? [])]) listener(message as never);
  }
}
