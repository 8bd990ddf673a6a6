// Owns: the right to forward without asking, kept in Redis. All renewals of an activator are one command.
import type { LeaseClaim, Leases } from '../../model/session-store.ts';
import type { leaseScripts } from './scripts/leases.ts';
import type { Run } from './scripts/script.ts';
import { recordOf, type Stored } from './session-records.ts';

type Runs = Readonly<Record<keyof ReturnType<typeof leaseScripts>, Run>>;

/** Claims in one command: some ten milliseconds of Redis, and far from the longest command that it takes. */
const most = 10_000;

function* portions(claims: readonly LeaseClaim[]): Generator<readonly (string | number)[]> {
  for (let at = 0; at < claims.length; at += most) {
    yield claims
      .slice(at, at + most)
      .flatMap(({ sessionId, generation, lastActivityAt }) => [sessionId, generation, lastActivityAt]);
  }
}

/** The leases of the session store. */
export const sessionLeases = (runs: Runs): Leases => ({
  async acquire(id, holder, until, now) {
    const reply = await runs.acquire(id, holder, until, now);
    const [granted, ...stored] = reply as [number, ...Stored];
    return { granted: granted === 1, record: recordOf(stored) };
  },
  async renew(claims, holder, until) {
    const refused: string[] = [];
    for (const portion of portions(claims)) {
      refused.push(...((await runs.renew(holder, until, ...portion)) as string[]));
    }
    return refused;
  },
  async release(claims, holder) {
    for (const portion of portions(claims)) await runs.release(holder, ...portion);
  },
});
