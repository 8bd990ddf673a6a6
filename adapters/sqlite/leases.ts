// Owns: the right to forward without asking. A lease names the generation it was given for; of another it changes nothing (S6).
// S2: what `saveIfUnleased` (writes.ts) asks is answered by these rows, inside the same transaction.
// Leases need not outlive a power cut: nothing that held one does.
import type { LeaseClaim, Leases, SessionRecord } from '../../model/session-store.ts';
import type { StateKind } from '../../model/session.ts';
import type { Database } from './database.ts';
import { grantLease } from './grant.ts';
import { recordOf } from './records.ts';
import { readStatements } from './reads.ts';
import { recordActivity } from './writes.ts';

interface Standing {
  readonly state: StateKind;
  readonly generation: number;
}

/** The leases of the session store. */
export function leases(db: Database): Leases {
  const byId = db.prepare(readStatements.byId);
  const standing = db.prepare('SELECT state, generation FROM sessions WHERE id = ?');
  const grant = db.prepare(grantLease);
  const dropExpired = db.prepare('DELETE FROM leases WHERE session_id = ? AND until <= ?');
  const drop = db.prepare('DELETE FROM leases WHERE session_id = ? AND holder = ? AND generation = ?');
  const active = db.prepare(recordActivity);

  const standingOf = (claim: LeaseClaim): Standing | undefined => {
    const found = standing.get(claim.sessionId) as unknown as Standing | undefined;
    return found?.generation === claim.generation ? found : undefined;
  };
  const recordOfId = (id: string): SessionRecord | undefined => {
    const row = byId.get(id);
    return row === undefined ? undefined : recordOf(row);
  };
  const acquire = (id: string, holder: string, until: number, now: number) => {
    const record = recordOfId(id);
    if (record?.session.state.kind !== 'running') return { granted: false, record };
    dropExpired.run(id, now);
    grant.run({ id, holder, generation: record.session.generation, until });
    return { granted: true, record: recordOfId(id) };
  };
  const renewed = (claim: LeaseClaim, holder: string, until: number): boolean => {
    const found = standingOf(claim);
    if (!found) return false;
    active.run({ id: claim.sessionId, at: claim.lastActivityAt });
    if (found.state !== 'running') return false;
    grant.run({ id: claim.sessionId, holder, generation: claim.generation, until });
    return true;
  };
  const release = (claim: LeaseClaim, holder: string): void => {
    if (!standingOf(claim)) return;
    active.run({ id: claim.sessionId, at: claim.lastActivityAt });
    drop.run(claim.sessionId, holder, claim.generation);
  };

  return {
    acquire: (id, holder, until, now) => db.write('soon', () => acquire(id, holder, until, now)),
    renew: (claims, holder, until) =>
      db.write('soon', () =>
        claims.filter((claim) => !renewed(claim, holder, until)).map((claim) => claim.sessionId),
      ),
    release: (claims, holder) =>
      db.write('soon', () => {
        for (const claim of claims) release(claim, holder);
      }),
  };
}
