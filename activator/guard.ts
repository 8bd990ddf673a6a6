// Who is let in where callers must say who they are: their token is checked, its role too, before anything is counted or looked up.
// Does not own how a token is checked (a port), nor whose session is whose (resolve.ts, gates.ts).
// Invariant: a token is remembered by its hash only, and no longer than a minute, nor than it is good.
import { createHash } from 'node:crypto';
import type { Clock } from '../model/clock.ts';
import { asPlatformError, type PlatformError } from '../model/errors.ts';
import { bearerIn, lackOf, notBelieved, type Identity } from '../model/identity.ts';
import type { Log } from './lease-book.ts';

/** An identity, and until when its token proves it (ms since the epoch). */
export interface Believed {
  readonly identity: Identity;
  readonly until: number;
}

export interface CallerTokens {
  /** Undefined when the token is not to be believed. Rejects with IDENTITY_PROVIDER_UNAVAILABLE when that cannot be told. */
  identityOf(token: string): Promise<Believed | undefined>;
}

export interface GuardDeps {
  readonly tokens: CallerTokens;
  /** Whoever has it may call. */
  readonly requiredRole: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

const keptMs = 60_000;
const capacity = 10_000;

const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64');

export class Guard {
  readonly #deps: GuardDeps;
  readonly #kept = new Map<string, Believed>();

  constructor(deps: GuardDeps) {
    this.#deps = deps;
  }

  /** Calls one of both: at once for a caller who was believed a moment ago, so that what is sent meanwhile waits for nothing. */
  admit(
    header: string | undefined,
    enter: (identity: Identity) => void,
    refuse: (error: PlatformError) => void,
  ): void {
    try {
      const token = bearerIn(header);
      const hash = hashOf(token);
      const known = this.#kept.get(hash);
      if (known && known.until > this.#deps.clock.now()) return this.#judge(known.identity, enter, refuse);
      this.#ask(token, hash).then(
        (identity) => this.#judge(identity, enter, refuse),
        (fault: unknown) => this.#turnAway(asPlatformError(fault), refuse),
      );
    } catch (fault) {
      this.#turnAway(asPlatformError(fault), refuse);
    }
  }

  async #ask(token: string, hash: string): Promise<Identity> {
    const { tokens, clock } = this.#deps;
    const believed = await tokens.identityOf(token);
    if (!believed) throw notBelieved();
    this.#keep(hash, { ...believed, until: Math.min(believed.until, clock.now() + keptMs) });
    return believed.identity;
  }

  #keep(hash: string, believed: Believed): void {
    this.#kept.delete(hash);
    this.#kept.set(hash, believed);
    const oldest = this.#kept.size > capacity ? this.#kept.keys().next() : undefined;
    if (oldest && !oldest.done) this.#kept.delete(oldest.value);
  }

  #judge(
    identity: Identity,
    enter: (identity: Identity) => void,
    refuse: (error: PlatformError) => void,
  ): void {
    const lack = lackOf(identity, this.#deps.requiredRole);
    if (lack) this.#turnAway(lack, refuse, identity.subject);
    else enter(identity);
  }

  #turnAway(error: PlatformError, refuse: (error: PlatformError) => void, subject?: string): void {
    const { code, message } = error;
    this.#deps.log('a caller was refused', { code, why: message, ...(subject !== undefined && { subject }) });
    refuse(error);
  }
}
