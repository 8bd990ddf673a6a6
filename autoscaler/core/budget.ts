// Budgets: who goes without when there may not be as many warm sandboxes as the policies ask for.
// Does not own what a policy asks for, nor what a sandbox is worth: each class says so.
// Between namespaces: max-min fairness of dominant shares by progressive filling, every namespace alike (Ghodsi et al., Dominant
// Resource Fairness, NSDI 2011, algorithm 1). Within a namespace the next sandbox goes where it saves the most cold starts for
// what it takes of the limits (Fox, Discrete Optimization Via Marginal Analysis, Management Science 13, 1966).
// Invariants: no limit is exceeded, not by minimums either; who gets less than its wish could not have one more.
import { Heap } from './heap.ts';

/** What one runtime's pool is to hold by its policy. */
export interface Wish {
  /** Unique among the wishes. */
  readonly key: string;
  readonly namespace: string;
  /** Sandboxes, ready and starting together. */
  readonly size: number;
  /** So many of them come before all that are above any other runtime's minimum. */
  readonly min: number;
  /** What the pool has now, starting ones included: these are kept before others of about the same worth. */
  readonly ready: number;
  /** Of one sandbox; absent: it counts for nothing where memory is limited. */
  readonly memoryBytes?: number;
  /** Cold starts a second that the k-th sandbox saves, k from 1; not more for a larger k. Absent: 0. */
  readonly worth?: (k: number) => number;
}

/** How much there may be; what is absent is not limited. */
export interface Limit {
  /** Sandboxes in pools. */
  readonly idle?: number;
  /** Memory of all of them. */
  readonly memoryBytes?: number;
}

export interface Limits {
  readonly platform?: Limit;
  /** Holds for each namespace. */
  readonly perNamespace?: Limit;
  /** For some namespaces other numbers; what they leave out is as in `perNamespace`. */
  readonly namespaces?: ReadonlyMap<string, Limit>;
}

/**
 * What is there is given up only for what saves so many times as many cold starts: a replacement costs a start-up, and what is
 * known of worths is rough. A larger number would keep yesterday's runtimes warm.
 */
const staying = 1.5;

/** A limit and what was taken of it. */
class Account {
  readonly #idle: number;
  readonly #memory: number;
  #count = 0;
  #bytes = 0;

  constructor({ idle = Infinity, memoryBytes = Infinity }: Limit = {}) {
    this.#idle = idle;
    this.#memory = memoryBytes;
  }

  fits(count: number, bytes: number): boolean {
    return this.#count + count <= this.#idle && this.#bytes + bytes <= this.#memory;
  }

  take(count: number, bytes: number): void {
    this.#count += count;
    this.#bytes += bytes;
  }

  /** What part of the limit so much is: of that resource of which it is the largest part. */
  part(count: number, bytes: number): number {
    return Math.max(count === 0 ? 0 : count / this.#idle, bytes === 0 ? 0 : bytes / this.#memory);
  }

  /** What part of another's limit was taken here. */
  partOf(other: Account): number {
    return other.part(this.#count, this.#bytes);
  }
}

/** One wish while it is being filled: what it has, and what the next sandbox would be worth to it. */
class Claim {
  readonly wish: Wish;
  readonly bytes: number;
  /** What part of the scarcest limit one sandbox is. */
  readonly #cost: number;
  size = 0;
  worth = Infinity;
  stays = false;
  filled = 0;

  constructor(wish: Wish, cost: number) {
    this.wish = wish;
    this.bytes = wish.memoryBytes ?? 0;
    this.#cost = cost;
    // Of what no limit counts there may be any number.
    if (cost === 0) this.size = wish.size;
    else this.#look();
  }

  grant(): void {
    this.size += 1;
    this.#look();
  }

  #look(): void {
    const { size, ready, worth } = this.wish;
    this.stays = this.size < ready;
    this.filled = size === 0 ? 1 : this.size / size;
    const saves = Math.max(0, worth?.(this.size + 1) ?? 0) * (this.stays ? staying : 1);
    this.worth = Math.min(this.worth, saves / this.#cost || 0);
  }
}

/** What is worth alike: first what is there, then whoever has the smaller part of its wish. */
function claimsFirst(a: Claim, b: Claim): boolean {
  if (a.worth !== b.worth) return a.worth > b.worth;
  if (a.stays !== b.stays) return a.stays;
  if (a.filled !== b.filled) return a.filled < b.filled;
  return a.wish.key < b.wish.key;
}

class Namespace {
  readonly name: string;
  readonly claims: readonly Claim[];
  readonly account: Account;
  readonly #platform: Account;
  #open = new Heap<Claim>([], claimsFirst);
  #upTo: (wish: Wish) => number = () => 0;
  share = 0;

  constructor(name: string, wishes: readonly Wish[], limit: Limit, platform: Account) {
    this.name = name;
    this.account = new Account(limit);
    this.#platform = platform;
    this.claims = wishes.map((wish) => {
      const bytes = wish.memoryBytes ?? 0;
      return new Claim(wish, Math.max(this.account.part(1, bytes), platform.part(1, bytes)));
    });
  }

  /** The next round of filling: each claim up to so many. */
  open(upTo: (wish: Wish) => number): void {
    this.#upTo = upTo;
    this.#open = new Heap(
      this.claims.filter((claim) => claim.size < upTo(claim.wish)),
      claimsFirst,
    );
  }

  get next(): Claim | undefined {
    return this.#open.top;
  }

  /** Gives the next claim one more, or takes it out when it cannot have one more. */
  serve(claim: Claim): void {
    if (this.account.fits(1, claim.bytes) && this.#platform.fits(1, claim.bytes)) {
      this.account.take(1, claim.bytes);
      this.#platform.take(1, claim.bytes);
      this.share = this.account.partOf(this.#platform);
      claim.grant();
      if (claim.size < this.#upTo(claim.wish)) return this.#open.sink();
    }
    this.#open.pop();
  }
}

/** The smallest share first; among equal ones first who would keep what it has. */
function sharesFirst(a: Namespace, b: Namespace): boolean {
  if (a.share !== b.share) return a.share < b.share;
  const stays = a.next?.stays ?? false;
  if (stays !== (b.next?.stays ?? false)) return stays;
  return a.name < b.name;
}

function fill(namespaces: readonly Namespace[], upTo: (wish: Wish) => number): void {
  for (const namespace of namespaces) namespace.open(upTo);
  const waiting = new Heap(
    namespaces.filter(({ next }) => next),
    sharesFirst,
  );
  for (let first = waiting.top; first; first = waiting.top) {
    const claim = first.next;
    if (claim) {
      first.serve(claim);
      waiting.sink();
    } else waiting.pop();
  }
}

const totalOf = (wishes: readonly Wish[]): readonly [count: number, bytes: number] => [
  wishes.reduce((sum, { size }) => sum + size, 0),
  wishes.reduce((sum, { size, memoryBytes = 0 }) => sum + size * memoryBytes, 0),
];

/**
 * What each wish may have, by its key. Sandboxes below a minimum come first, whatever a namespace has; where even minimums are
 * too many they are shared as the rest is. The order of the wishes does not matter.
 */
export function withinBudget(wishes: readonly Wish[], limits: Limits): ReadonlyMap<string, number> {
  const sizes = new Map(wishes.map(({ key, size }) => [key, size]));
  const platform = new Account(limits.platform);
  const enough = platform.fits(...totalOf(wishes));
  const contended = [...Map.groupBy(wishes, ({ namespace }) => namespace)].flatMap(([name, own]) => {
    const limit = { ...limits.perNamespace, ...limits.namespaces?.get(name) };
    if (enough && new Account(limit).fits(...totalOf(own))) return [];
    return [new Namespace(name, own, limit, platform)];
  });
  fill(contended, ({ size, min }) => Math.min(size, min));
  fill(contended, ({ size }) => size);
  for (const { claims } of contended) for (const { wish, size } of claims) sizes.set(wish.key, size);
  return sizes;
}
