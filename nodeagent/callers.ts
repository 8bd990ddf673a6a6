// Who may give orders: whoever shows a token that the platform's identity key signed for node agents. Owns that nothing else passes.
// The agent has only the public key, in a file that may come late and may change.
import type { KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import { jwtVerify } from 'jose';
import type { Clock } from '../model/clock.ts';

export interface CallersOptions {
  /** The key as PEM; throws while there is none. */
  readonly readKey: () => string;
  readonly clock: Clock;
}

export type Caller = 'known' | 'unknown' | 'no-key';

const issuer = 'agentcube-router';
const audience = 'agentcube-node-agent';
/** A token that lives longer was not made for us (s). */
const longestLifeSeconds = 300;
/** Clocks of nodes differ (s). */
const toleranceSeconds = 30;
/** Tokens that were verified are known again without the arithmetic. */
const capacity = 256;
const rereadMs = 1_000;

export class Callers {
  readonly #options: CallersOptions;
  readonly #verified = new Map<string, number>();
  #key: { readonly pem: string; readonly key: KeyObject } | undefined;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(options: CallersOptions) {
    this.#options = options;
    this.#reread();
  }

  /** Whether there is a key to verify with. */
  ready(): boolean {
    if (!this.#key) this.#reread();
    return this.#key !== undefined;
  }

  /** Who sent this `Authorization` header. Never rejects. */
  async check(header: string | undefined): Promise<Caller> {
    if (!this.ready()) return 'no-key';
    const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/.exec(header ?? '')?.[1];
    if (token === undefined) return 'unknown';
    const until = this.#verified.get(token);
    if (until !== undefined && until > this.#options.clock.now()) return 'known';
    if (await this.#verify(token)) return 'known';
    // The key may have been replaced since it was read.
    return this.#reread() && (await this.#verify(token)) ? 'known' : 'unknown';
  }

  /** True when the key is another one now. */
  #reread(): boolean {
    const { clock, readKey } = this.#options;
    if (clock.monotonic() - this.#readAt < rereadMs) return false;
    this.#readAt = clock.monotonic();
    try {
      const pem = readKey();
      if (pem === this.#key?.pem) return false;
      this.#key = { pem, key: createPublicKey(pem) };
      this.#verified.clear();
      return true;
    } catch {
      return false;
    }
  }

  async #verify(token: string): Promise<boolean> {
    if (!this.#key) return false;
    const now = this.#options.clock.now();
    try {
      const { payload } = await jwtVerify(token, this.#key.key, {
        ...{ issuer, audience, algorithms: ['RS256'], requiredClaims: ['exp'] },
        currentDate: new Date(now),
        clockTolerance: toleranceSeconds,
      });
      const until = (payload.exp ?? 0) * 1_000;
      if (until - now > (longestLifeSeconds + toleranceSeconds) * 1_000) return false;
      this.#remember(token, until);
      return true;
    } catch {
      return false;
    }
  }

  #remember(token: string, until: number): void {
    this.#verified.set(token, until);
    const oldest = this.#verified.size > capacity ? this.#verified.keys().next() : undefined;
    if (oldest && !oldest.done) this.#verified.delete(oldest.value);
  }
}
