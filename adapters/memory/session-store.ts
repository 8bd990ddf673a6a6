// A session store that forgets with its process: for tests, simulations and trying things out.
// Each method's work is done in one turn of the event loop, so each is one atomic operation.
// Does not own speed with many sessions: searches walk over all of them.
import { matchesQuery, sandboxIdOf } from '../../model/session-query.ts';
import type {
  LeaseClaim,
  SessionQuery,
  SessionReads,
  SessionRecord,
  SessionStore,
  SessionWrites,
  Upkeep,
} from '../../model/session-store.ts';
import type { Session } from '../../model/session.ts';
import { memoryPool, type Binding } from './pool.ts';

interface Lease {
  readonly generation: number;
  readonly until: number;
}

interface Entry {
  session: Session;
  dueAt: number | null;
  lastActivityAt: number;
  /** The sandbox it has, or had last: no other session may ever have it (S1). */
  sandboxId: string | undefined;
  readonly leases: Map<string, Lease>;
}

type Entries = Map<string, Entry>;

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A lease counts only for the generation it was given for (S6). */
const leasedUntil = ({ session, leases }: Entry): number =>
  Math.max(0, ...[...leases.values()].filter((l) => l.generation === session.generation).map((l) => l.until));

const recordOf = (entry: Entry): SessionRecord => ({
  session: entry.session,
  lastActivityAt: entry.lastActivityAt,
  leasedUntil: leasedUntil(entry),
});

const active = (entry: Entry | undefined, at: number): void => {
  if (entry) entry.lastActivityAt = Math.max(entry.lastActivityAt, at);
};

function reads(entries: Entries): SessionReads {
  const all = () => [...entries.values()];
  const list = (query: SessionQuery): SessionRecord[] =>
    all()
      .filter(({ session }) => session.id > (query.after ?? '') && matchesQuery(session, query))
      .sort((a, b) => byText(a.session.id, b.session.id))
      .slice(0, Math.max(0, query.limit))
      .map(recordOf);
  const due = (now: number, limit: number): SessionRecord[] =>
    all()
      .flatMap((entry) => (entry.dueAt !== null && entry.dueAt <= now ? [{ entry, at: entry.dueAt }] : []))
      .sort((a, b) => a.at - b.at || byText(a.entry.session.id, b.entry.session.id))
      .slice(0, limit)
      .map(({ entry }) => recordOf(entry));
  return {
    get: async (id) => {
      const entry = entries.get(id);
      return entry && recordOf(entry);
    },
    bySandbox: async (sandboxId) => {
      const entry = all().find((e) => e.sandboxId === sandboxId && e.session.state.kind !== 'ended');
      return entry && recordOf(entry);
    },
    list: async (query) => list(query),
    due: async (now, limit) => due(now, limit),
  };
}

function insert(entries: Entries, session: Session, dueAt: number | null): 'created' | 'exists' {
  if (entries.has(session.id)) return 'exists';
  const sandboxId = sandboxIdOf(session);
  refuseTaken(entries, session.id, sandboxId);
  const { createdAt } = session;
  entries.set(session.id, { session, dueAt, lastActivityAt: createdAt, sandboxId, leases: new Map() });
  return 'created';
}

/** S1: a sandbox in two sessions is a fault of whoever asked. */
function refuseTaken(entries: Entries, id: string, sandboxId: string | undefined): void {
  if (sandboxId === undefined) return;
  const other = [...entries.values()].find((e) => e.sandboxId === sandboxId && e.session.id !== id);
  if (other) throw new Error(`sandbox ${sandboxId} belongs to session ${other.session.id}`);
}

/** A promise once given is not shortened within its generation (S7). */
function grant(entry: Entry, holder: string, until: number): void {
  const { generation } = entry.session;
  const had = entry.leases.get(holder);
  const longest = had?.generation === generation ? Math.max(had.until, until) : until;
  entry.leases.set(holder, { generation, until: longest });
}

function writes(entries: Entries): SessionWrites {
  const previous = (session: Session): Entry | undefined => {
    const entry = entries.get(session.id);
    return entry?.session.version === session.version - 1 ? entry : undefined;
  };
  const save = (session: Session, dueAt: number | null): 'saved' | 'conflict' => {
    const entry = previous(session);
    if (!entry) return 'conflict';
    const sandboxId = sandboxIdOf(session);
    refuseTaken(entries, session.id, sandboxId);
    Object.assign(entry, { session, dueAt, sandboxId: sandboxId ?? entry.sandboxId });
    return 'saved';
  };
  return {
    create: async (session, dueAt) => insert(entries, session, dueAt),
    save: async (session, dueAt) => save(session, dueAt),
    saveIfUnleased: async (session, dueAt, now, idleSince) => {
      const entry = previous(session);
      const inUse = entry && (leasedUntil(entry) > now || entry.lastActivityAt > idleSince);
      return inUse ? 'leased' : save(session, dueAt);
    },
    saveLeased: async (session, dueAt, holder, until) => {
      const entry = previous(session);
      const saved = save(session, dueAt);
      if (entry && saved === 'saved') grant(entry, holder, until);
      return saved;
    },
    forget: async (id) => {
      if (entries.get(id)?.session.state.kind === 'ended') entries.delete(id);
    },
  };
}

function upkeep(entries: Entries): Upkeep {
  return {
    postpone: async (id, version, dueAt) => {
      const entry = entries.get(id);
      if (entry?.session.version === version) entry.dueAt = dueAt;
    },
    touch: async (id, at) => active(entries.get(id), at),
  };
}

function leases(entries: Entries): Pick<SessionStore, 'acquire' | 'renew' | 'release'> {
  const dropExpired = (entry: Entry, now: number): void => {
    for (const [holder, lease] of entry.leases) if (lease.until <= now) entry.leases.delete(holder);
  };
  const entryOf = (claim: LeaseClaim): Entry | undefined => {
    const entry = entries.get(claim.sessionId);
    return entry?.session.generation === claim.generation ? entry : undefined;
  };
  const renewed = (claim: LeaseClaim, holder: string, until: number): boolean => {
    const entry = entryOf(claim);
    active(entry, claim.lastActivityAt);
    if (entry?.session.state.kind !== 'running') return false;
    grant(entry, holder, until);
    return true;
  };
  const release = (claim: LeaseClaim, holder: string): void => {
    const entry = entryOf(claim);
    active(entry, claim.lastActivityAt);
    if (entry?.leases.get(holder)?.generation === claim.generation) entry.leases.delete(holder);
  };
  return {
    acquire: async (id, holder, until, now) => {
      const entry = entries.get(id);
      const granted = entry?.session.state.kind === 'running';
      if (entry && granted) {
        dropExpired(entry, now);
        grant(entry, holder, until);
      }
      return { granted, record: entry && recordOf(entry) };
    },
    renew: async (claims, holder, until) =>
      claims.filter((claim) => !renewed(claim, holder, until)).map((claim) => claim.sessionId),
    release: async (claims, holder) => {
      for (const claim of claims) release(claim, holder);
    },
  };
}

/** An empty store. */
export function memorySessionStore(): SessionStore {
  const entries: Entries = new Map();
  const known = (sandboxId: string) => [...entries.values()].some((e) => e.sandboxId === sandboxId);
  const open = ({ session, dueAt }: Binding) => insert(entries, session, dueAt);
  return {
    ...reads(entries),
    ...writes(entries),
    ...upkeep(entries),
    ...leases(entries),
    ...memoryPool(known, open),
    close: async () => {},
  };
}
