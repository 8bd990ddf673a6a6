// The store that all programs share: the memory store, its election and its messages, as one server that can go down and lose everything.
// Each operation is one event. What is stored is told to everybody at once, and held against the ledger.
import { fencedStore, preparedStore } from '../../adapters/memory/fenced.ts';
import { memoryLeaderElection } from '../../adapters/memory/leader-election.ts';
import { memorySessionStore } from '../../adapters/memory/session-store.ts';
import { PlatformError } from '../../model/errors.ts';
import type { Bid, LeaderElection, LeaderRole } from '../../model/leader-election.ts';
import type { SessionStore, WarmSandbox } from '../../model/session-store.ts';
import type { Session } from '../../model/session.ts';
import type { Ledger } from './ledger.ts';
import type { Channel, Exchange, Messages, SimBus } from './sim-bus.ts';
import { Shelf } from './sim-resources.ts';
import type { Reachable, Wire } from './wire.ts';
import type { World } from './world.ts';

export interface Fence {
  readonly role: LeaderRole;
  readonly term: number;
}

/** What a pause or an idle end is held against. */
export interface StoreWatch {
  /** Called before a change that rest permits is answered. */
  onRested(session: Session): void;
  onClaimed(session: Session): void;
}

const operations = [
  ...(['get', 'list', 'due', 'bySandbox', 'create', 'save', 'saveIfUnleased', 'forget', 'postpone'] as const),
  'saveLeased' as const,
  ...(['touch', 'acquire', 'renew', 'release', 'offer', 'claim', 'withdraw', 'entries', 'close'] as const),
];

type Operation = (...args: readonly unknown[]) => Promise<unknown>;

/** A store whose every operation is carried by `carry`. */
function storeOf(
  carry: (name: keyof SessionStore, args: readonly unknown[]) => Promise<unknown>,
): SessionStore {
  const store: Record<string, Operation> = {};
  for (const name of operations) store[name] = (...args) => carry(name, args);
  return store as unknown as SessionStore;
}

/** The election as one program reaches it, and the times that all programs bid by. */
export const electionOf = (server: StoreServer, wire: Wire) => ({
  election: {
    bid: (bid: Bid) => wire.call('bid', () => server.election.bid(bid)),
    resign: (...args: Parameters<LeaderElection['resign']>) =>
      wire.call('resign', () => server.election.resign(...args)),
  },
  ttlMs: 3_000,
  everyMs: 500,
});

export class StoreServer implements Exchange, Reachable {
  up = true;
  run = 1;
  readonly election;
  shelf = new Shelf();
  watch: StoreWatch | undefined;
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #buses = new Set<SimBus>();
  #memory = memorySessionStore();
  #reusable: WarmSandbox[] = [];
  /** All operations, on whatever is stored now, with no question of who asks. */
  readonly #plain: SessionStore;
  readonly #unfenced: SessionStore;

  constructor(world: World, ledger: Ledger) {
    this.#world = world;
    this.#ledger = ledger;
    this.election = memoryLeaderElection({ now: () => Math.floor(world.now) });
    this.#plain = storeOf((name, args) => this.#perform(name, args));
    this.#unfenced = preparedStore(
      this.#plain,
      () => this.shelf.prepared || world.mutant === 'unpreparedServes',
    );
  }

  /** For the checks: what is stored, seen without a wire. */
  get contents(): SessionStore {
    return this.#memory;
  }

  /** The store as one program sees it over its wire. With a fence, as the leader of that term does. */
  view(wire: Wire, fence?: Fence): SessionStore {
    const there = fence ? this.#fenced(fence) : this.#unfenced;
    return storeOf((name, args) =>
      name === 'close' ? Promise.resolve() : wire.call(name, () => (there[name] as Operation)(...args)),
    );
  }

  /** Runs `work` when the term is the current one, else rejects with NOT_LEADER. */
  async fenced<T>(fence: Fence, work: () => Promise<T>): Promise<T> {
    if (!this.#isCurrent(fence)) throw new PlatformError('NOT_LEADER', 'another leads');
    if (this.election.currentTerm(fence.role) !== fence.term)
      this.#world.fail('S6', `a ${fence.role} of term ${fence.term} wrote, and leads no more`);
    return work();
  }

  subscribe(bus: SimBus): void {
    this.#buses.add(bus);
  }

  publish<C extends Channel>(channel: C, message: Messages[C]): void {
    for (const bus of this.#buses) {
      if (bus.alive) bus.receive(channel, message);
      else this.#buses.delete(bus);
    }
  }

  /** Connections break; what was sent and not answered stays unknown to who sent it. */
  goDown(): void {
    this.#world.note(() => 'the store goes down');
    this.up = false;
    this.run += 1;
  }

  comeBack(): void {
    this.#world.note(() => 'the store is back');
    this.up = true;
    for (const bus of this.#buses) if (bus.alive) bus.missed();
  }

  /** FLUSHALL: connections live on, and everything is gone. */
  empty(isMarked: (session: Session) => boolean): void {
    this.#world.note(() => 'the store is emptied');
    this.#memory = memorySessionStore();
    this.shelf = new Shelf();
    this.#reusable = [];
    this.election.forget();
    this.#ledger.emptied(isMarked);
  }

  #isCurrent({ role, term }: Fence): boolean {
    return this.#world.mutant === 'fenceIgnored' || this.election.currentTerm(role) === term;
  }

  #fenced(fence: Fence): SessionStore {
    const guarded = fencedStore(this.#plain, () => this.#isCurrent(fence));
    return storeOf((name, args) => {
      const { role, term } = fence;
      const current = this.election.currentTerm(role);
      const done = (guarded[name] as Operation)(...args);
      if (term === current || !changing.has(name)) return done;
      return done.then((answer) => {
        this.#world.fail(
          'S6',
          `a ${role} of term ${term} did ${name}, and the term was ${current ?? 'unknown'}`,
        );
        return answer;
      });
    });
  }

  async #perform(name: keyof SessionStore, args: readonly unknown[]): Promise<unknown> {
    const answer = await this.#mutated(name, args);
    if (leasing.has(name)) this.#world.note(() => `store: ${name} ${JSON.stringify(args)}`);
    if (answer === 'created' || answer === 'saved') this.#stored(name, args[0] as Session);
    if (name === 'claim' && typeof answer === 'object') this.#claimed(answer as Session);
    if (name === 'get' && answer) this.#ledger.seen(answer as Parameters<Ledger['seen']>[0]);
    return answer;
  }

  #stored(name: keyof SessionStore, session: Session): void {
    if (name === 'create') this.#ledger.opened(session);
    else this.#ledger.saved(session);
    if (name === 'saveIfUnleased') this.watch?.onRested(session);
    this.publish('sessions', session);
  }

  #claimed(session: Session): void {
    this.#ledger.opened(session);
    this.watch?.onClaimed(session);
    this.publish('sessions', session);
  }

  #mutated(name: keyof SessionStore, args: readonly unknown[]): Promise<unknown> {
    const memory = this.#memory;
    const { mutant } = this.#world;
    if (mutant === 'leaseIgnored' && name === 'saveIfUnleased')
      return memory.save(...(args.slice(0, 2) as Parameters<SessionStore['save']>));
    if (mutant === 'lostUpdate' && name === 'save')
      return this.#overwrite(args as Parameters<SessionStore['save']>);
    if (mutant === 'poolReuse' && name === 'claim')
      return this.#claimAgain(args as Parameters<SessionStore['claim']>);
    return (memory[name] as Operation)(...args);
  }

  async #overwrite([session, dueAt]: Parameters<SessionStore['save']>): Promise<unknown> {
    const there = await this.#memory.get(session.id);
    if (!there || there.session.version === session.version - 1) return this.#memory.save(session, dueAt);
    const version = there.session.version + 1;
    await this.#memory.save({ ...session, version }, dueAt);
    return 'saved';
  }

  async #claimAgain([key, revision, bind]: Parameters<SessionStore['claim']>): Promise<unknown> {
    const entries = await this.#memory.entries();
    const claimed = await this.#memory.claim(key, revision, bind);
    if (typeof claimed === 'object') {
      const { state } = claimed;
      this.#reusable = entries.filter((one) => 'sandbox' in state && one.sandbox.id === state.sandbox.id);
      return claimed;
    }
    const [again] = this.#reusable;
    if (again?.revision !== revision || again.runtime.name !== key.name) return 'empty';
    const { session, dueAt } = bind({ ...again.sandbox, id: `${again.sandbox.id}#${this.#world.now}` });
    await this.#memory.create(session, dueAt);
    return session;
  }
}

const leasing: ReadonlySet<string> = new Set(['acquire', 'renew', 'release', 'saveLeased']);

const changing: ReadonlySet<string> = new Set([
  ...([
    'create',
    'save',
    'saveIfUnleased',
    'saveLeased',
    'forget',
    'postpone',
    'touch',
    'offer',
    'claim',
    'withdraw',
  ] as const),
]);
